// `angle saturation`: a model and data in, gradients by the cosine of the pairs out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

void add_saturation_command(CLI::App& app);

}  // namespace angle::cli
