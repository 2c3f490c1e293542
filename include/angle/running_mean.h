// A mean of numbers that come one after another.
#pragma once

#include <cstdint>
#include <optional>

namespace angle {

/// Absent until there is a number.
struct RunningMean {
  double sum = 0;
  int64_t count = 0;

  /// @param times  that the number counts
  void add(double value, int64_t times = 1) { sum += value * static_cast<double>(times), count += times; }
  void add(const RunningMean& other) { sum += other.sum, count += other.count; }
  std::optional<double> value() const {
    return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
  }
};

}  // namespace angle
