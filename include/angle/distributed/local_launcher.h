// Starts several processes of this program on this machine, as torchrun does, without Python.
#pragma once

#include <string>
#include <vector>

namespace angle {

struct LaunchOptions {
  int processes = 2;
  std::vector<std::string> command;  // arguments of this program, its name first; every process gets the same
  std::string input;                 // what every process reads from its standard input
  int threads = 0;                   // of each process; 0: the CPUs that this one may use, divided among them
};

struct LaunchResult {
  int exit_code = 0;    // of the process that failed first; 0 when all have done their work
  std::string failure;  // `rank 1 (process 4711) was killed by signal 9 (Killed)`; empty when all ended alike
};

/// Runs this program once for every rank, with the environment of launch_environment.h, and waits for all.
/// OpenMP binds none of their threads (OMP_PROC_BIND): every process would bind them to the same CPUs.
///
/// SIGINT and SIGTERM are passed on. When a process fails the others learn its rank and the reason, have a
/// few seconds to end by themselves, and are killed. They never outlive this process.
LaunchResult launch(const LaunchOptions& options);

}  // namespace angle
