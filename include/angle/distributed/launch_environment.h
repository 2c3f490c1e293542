// Which of several processes this one is, and where they meet: the environment variables that torchrun,
// Slurm, Open MPI and `angle train --processes` set.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace angle {

/// The default is a process on its own.
struct LaunchEnvironment {
  int rank = 0;        // of this process, 0 … size − 1
  int size = 1;        // processes in all
  int local_rank = 0;  // among those of this machine: which of its GPUs to use
  int local_size = 1;  // processes of this machine
  std::string host;    // of the store at which the processes meet
  uint16_t port = 0;
  bool launcher_hosts_store = false;  // else rank 0 does
  std::string attempt = "0";          // counts the launcher's restarts; one must not meet the keys of another
};

using EnvironmentLookup = std::function<const char*(const char* name)>;

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT,
/// TORCHELASTIC_USE_AGENT_STORE and TORCHELASTIC_RESTART_COUNT
/// (https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables). Without RANK and
/// WORLD_SIZE, but with MASTER_ADDR, those of Open MPI (OMPI_COMM_WORLD_*) and Slurm (SLURM_PROCID …) count:
/// without MASTER_ADDR a plain command in a Slurm job would wait for tasks that nobody starts.
///
/// Error for a variable that is missing or makes no sense.
LaunchEnvironment read_launch_environment(const EnvironmentLookup& lookup);

/// The same from the process's own environment.
LaunchEnvironment read_launch_environment();

}  // namespace angle
