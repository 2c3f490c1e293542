// `angle report`: training runs as a page to look at.
#pragma once

#include <CLI/CLI.hpp>

namespace angle::cli {

void add_report_command(CLI::App& app);

}  // namespace angle::cli
