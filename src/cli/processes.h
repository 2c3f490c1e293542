// `--processes N`: a command that several processes run together.
#pragma once

#include <CLI/CLI.hpp>

#include "angle/distributed/launch_environment.h"

namespace angle::cli {

/// Adds --processes and --timeout.
void add_process_options(CLI::App& command, int& processes, int& timeout);

/// Whether this process has to start the others; not when it was started itself as one of several.
///
/// Error when it was started as one of another number.
bool starts_processes(int processes, const LaunchEnvironment& environment);

/// Runs the present command in several processes and waits for them.
///
/// @param takes_input  whether the command reads its standard input, which all of them then get
/// @return             the exit code
int start_processes(int processes, bool takes_input, int threads);

}  // namespace angle::cli
