// `angle train`: a configuration in, a model directory out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

/// @param exit_code  set to 130 when the run is interrupted
void add_train_command(CLI::App& app, int& exit_code);

}  // namespace angle::cli
