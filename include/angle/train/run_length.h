// How long a training run is. Knows no torch.
#pragma once

#include <cstdint>

#include "angle/config.h"

namespace angle {

/// The optimizer updates of a run: those of its epochs, the last one possibly of fewer batches, or max_steps
/// if that is less.
int64_t count_steps(const OptimizationConfig& train, int64_t batches_per_epoch);

}  // namespace angle
