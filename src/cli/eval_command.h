// `angle eval`: a model and tasks in, scores out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

void add_eval_command(CLI::App& app);

}  // namespace angle::cli
