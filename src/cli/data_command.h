// `angle data`: what is in a data set, before a model is trained on it.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

/// @param exit_code  set to 1 when a file has rows that can't be used
void add_data_command(CLI::App& app, int& exit_code);

}  // namespace angle::cli
