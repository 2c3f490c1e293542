#include "annotate/pacer.h"

#include <algorithm>

namespace angle {

Pacer::Pacer(double requests_per_minute)
    : interval_(requests_per_minute > 0 ? std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(60 / requests_per_minute))
                                        : Clock::duration::zero()) {}

Pacer::Clock::time_point Pacer::reserve(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point start = std::max({now, next_, held_until_});
  next_ = start + interval_;
  return start;
}

void Pacer::hold(Clock::time_point until) {
  const std::lock_guard lock(mutex_);
  held_until_ = std::max(held_until_, until);
}

Pacer::Clock::time_point Pacer::held_until() const {
  const std::lock_guard lock(mutex_);
  return held_until_;
}

}  // namespace angle
