// What a configuration says about its model beyond the model directory.
#pragma once

#include "angle/config.h"
#include "angle/model/model_directory.h"

namespace angle::cli {

/// Sets pooling and length as the configuration says. Error for a length that the model does not have.
void apply_model_config(const ModelConfig& config, Model& model);

}  // namespace angle::cli
