// The learning rate over a training run, as a factor of the configured one. Knows no torch.
#pragma once

#include <cstdint>

#include "angle/json_enum.h"

namespace angle {

/// After the warm-up: a straight line to 0, half a cosine wave to 0, or no change.
enum class ScheduleKind { linear, cosine, constant };
ANGLE_JSON_ENUM(ScheduleKind, {{ScheduleKind::linear, "linear"},
                               {ScheduleKind::cosine, "cosine"},
                               {ScheduleKind::constant, "constant"}})

/// The factor at a step, in [0, 1]:
///
///     step / warmup                                                 step < warmup
///     linear    (total − step) / (total − warmup)                   then
///     cosine    (1 + cos(π (step − warmup) / (total − warmup))) / 2
///     constant  1
///
/// So with a warm-up the first step has rate 0 (as in Hugging Face's schedules of these names), and with
/// linear and cosine the step after the last would have rate 0.
///
/// @param step          optimizer updates done before, ≥ 0; from total_steps on the factor does not change
/// @param warmup_steps  ≥ 0; a warm-up longer than the run is cut off by its end
double schedule_factor(ScheduleKind kind, int64_t step, int64_t warmup_steps, int64_t total_steps);

}  // namespace angle
