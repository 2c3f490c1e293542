// `angle annotate`: unlabelled sentences in, training pairs by language models out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

/// @param exit_code  set to 130 when the run was interrupted
void add_annotate_command(CLI::App& app, int& exit_code);

}  // namespace angle::cli
