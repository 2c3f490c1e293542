// `angle embed`: texts in, vectors out.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

void add_embed_command(CLI::App& app);

}  // namespace angle::cli
