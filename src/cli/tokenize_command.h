// `angle tokenize`: texts in, token ids out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

void add_tokenize_command(CLI::App& app);

}  // namespace angle::cli
