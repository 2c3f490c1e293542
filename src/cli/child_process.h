// This program once more, with other arguments: what it takes in memory is given back when it ends, and what
// ends it ends nothing else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "process_end.h"

namespace angle::cli {

class ChildProcess {
 public:
  /// Starts it; it reads nothing, and what it prints is appended to a file. It never outlives this process,
  /// and a Ctrl-C on the terminal comes to this process alone, which may send() it on.
  ///
  /// @param arguments  its name first
  ChildProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send(int signal) const;

  /// How it has ended; nothing while it runs. Error when the system has lost it.
  std::optional<ProcessEnd> poll();

 private:
  pid_t process_ = -1;
};

}  // namespace angle::cli
