// Which threads of a running process a signal may come to.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace angle::testing {

/// The set of a line such as `SigBlk:	0000000000004002` in /proc/PID/task/TID/status.
inline uint64_t signal_set(const std::string& status, const std::string& name) {
  const size_t at = status.find(name + ":\t");
  return at == std::string::npos ? 0 : std::stoull(status.substr(at + name.size() + 2), nullptr, 16);
}

/// The threads that the signal may come to. One that waits for it, as Interruption's does, is among them.
inline std::vector<pid_t> threads_that_take(int signal, pid_t process) {
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  const uint64_t bit = uint64_t{1} << (signal - 1);
  std::vector<pid_t> threads;
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::stringstream status;
    status << std::ifstream(task.path() / "status").rdbuf();
    if (!(signal_set(status.str(), "SigBlk") & bit)) threads.push_back(std::stoi(task.path().filename()));
  }
  return threads;
}

}  // namespace angle::testing
