// The rhythm in which an endpoint is asked: its rate limit, and pauses that it asks for.
#pragma once

#include <chrono>
#include <mutex>

namespace angle {

/// Hands out the moments at which requests may start. Safe from several threads.
class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  /// @param requests_per_minute  0: no limit
  explicit Pacer(double requests_per_minute);

  /// When the next request may start; each call takes one place.
  Clock::time_point reserve(Clock::time_point now);

  /// Nothing may start before `until`: 429 holds back all requests, not only the one that got it.
  void hold(Clock::time_point until);

  /// Until when requests are held back.
  Clock::time_point held_until() const;

 private:
  mutable std::mutex mutex_;
  Clock::duration interval_;
  Clock::time_point next_;
  Clock::time_point held_until_;
};

}  // namespace angle
