#include "cli/processes.h"

#include <sstream>
#include <string>

#include "angle/distributed/local_launcher.h"
#include "angle/error.h"
#include "angle/io/file.h"

#include "cli/log.h"
#include "cli/shared_options.h"

namespace angle::cli {
namespace {

/// The program's arguments, its name first.
std::vector<std::string> own_command() {
  std::vector<std::string> arguments;
  std::istringstream line(read_file("/proc/self/cmdline"));
  for (std::string argument; std::getline(line, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

}  // namespace

void add_process_options(CLI::App& command, int& processes, int& timeout) {
  command
      .add_option("--processes", processes,
                  "processes to start on this machine, which share every batch; torchrun starts them as well")
      ->capture_default_str()
      ->check(in_range(1, 1024));
  command
      .add_option("--timeout", timeout,
                  "seconds after which the others give up on a process that is silent or does not keep up")
      ->capture_default_str()
      ->check(in_range(1, 1'000'000));
}

bool starts_processes(int processes, const LaunchEnvironment& environment) {
  if (environment.size > 1 && processes > 1 && processes != environment.local_size)
    fail("--processes: {}, but a launcher has started {} on this machine; leave --processes out", processes,
         environment.local_size);
  return processes > 1 && environment.size == 1;
}

int start_processes(int processes, bool takes_input, int threads) {
  const LaunchResult result = launch({.processes = processes,
                                      .command = own_command(),
                                      .input = takes_input ? read_file("-") : "",
                                      .threads = threads});
  if (!result.failure.empty()) print_error("error", result.failure + "; the other processes were ended");
  return result.exit_code;
}

}  // namespace angle::cli
