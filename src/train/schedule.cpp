#include "angle/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace angle {

double schedule_factor(ScheduleKind kind, int64_t step, int64_t warmup_steps, int64_t total_steps) {
  if (step < warmup_steps) return static_cast<double>(step) / static_cast<double>(warmup_steps);
  const double decay_steps = static_cast<double>(std::max(total_steps - warmup_steps, int64_t{1}));
  const double remaining = static_cast<double>(std::max(total_steps - step, int64_t{0})) / decay_steps;
  switch (kind) {
    case ScheduleKind::linear:
      return remaining;
    case ScheduleKind::cosine:
      return 0.5 * (1.0 + std::cos(std::numbers::pi * (1.0 - remaining)));
    case ScheduleKind::constant:
      return 1.0;
  }
  return 1.0;
}

}  // namespace angle
