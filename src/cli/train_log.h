// What `angle train` tells on its way: what it starts from, each update and validation, and how it ended.
#pragma once

#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/model/model_directory.h"
#include "angle/train/trainer.h"
#include "angle/train/training_data.h"

#include "cli/log.h"

namespace angle::cli {

/// Model, data and configuration, with what its defaults stand for.
void log_train_start(const TrainConfig& config, const Model& model, const std::vector<TrainingSet>& sets);

/// Shows updates on the line, which it keeps a reference to, and logs the rest.
TrainObserver train_observer(ProgressLine& line);

/// @param output  the model directory
void log_train_end(const TrainResult& result, const std::string& output);

}  // namespace angle::cli
