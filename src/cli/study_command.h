// `angle study`: variants of a training run × seeds, with the statistics of their differences.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

/// @param exit_code  set to 130 when the study was interrupted
void add_study_command(CLI::App& app, int& exit_code);

}  // namespace angle::cli
