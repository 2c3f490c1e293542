// What makes two runs the same: a run goes on only with the configuration and data that it began with.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "angle/config.h"
#include "angle/train/checkpoint.h"

namespace angle {

/// The part of a configuration that decides the weights of every step.
nlohmann::json deciding_part(const TrainConfig& config);

/// `train.seed: 42 → 43`, a line each for what differs in configuration or data; empty for the same run.
std::string differences(const TrainState& saved, const TrainState& state);

}  // namespace angle
