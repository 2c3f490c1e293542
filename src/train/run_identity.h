// What makes two runs the same: a run goes on only with the configuration, the data and the model that
// it began with.
#pragma once

#include <string>

#include "angle/train/checkpoint.h"

namespace angle {

/// `train.seed: 42 → 43`, a line each for what differs in configuration, data or model; empty for the
/// same run.
std::string differences(const TrainState& saved, const TrainState& state);

}  // namespace angle
