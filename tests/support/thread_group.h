// A process group whose members are threads of a test.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "angle/distributed/process_group.h"

#include "support/free_port.h"

namespace angle::testing {

struct ThreadGroup {
  int size = 2;
  int missing = 0;    // members that never come
  int gpu_rank = -1;  // a member that says it computes on a GPU
  std::chrono::seconds timeout{20};
};

/// Joins and works once for every rank.  @return what each of them failed with; "" for success
inline std::vector<std::string> run_group(const ThreadGroup& options,
                                          const std::function<void(const ProcessGroup&)>& work) {
  // c10d keeps one record of all groups of a process and writes to it without a lock: only threads that share
  // a process, as here, can meet in it.
  ::setenv("TORCH_FR_BUFFER_SIZE", "0", 1);
  const uint16_t port = free_port();
  std::vector<std::string> failures(static_cast<size_t>(options.size - options.missing));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < options.size - options.missing; ++rank)
    threads.emplace_back([&, rank] {
      ProcessGroup group;
      try {
        group = ProcessGroup::join({.rank = rank, .size = options.size, .host = "127.0.0.1", .port = port},
                                   rank == options.gpu_rank ? at::kCUDA : at::kCPU, options.timeout);
        work(group);
        group.leave();
      } catch (const std::exception& error) {
        failures[static_cast<size_t>(rank)] = error.what();
        group.announce_failure(error.what());
      }
    });
  for (std::thread& thread : threads) thread.join();
  return failures;
}

}  // namespace angle::testing
