// How a process has ended.
#pragma once

#include <string>

namespace angle {

struct ProcessEnd {
  int status = 0;  // as wait() gives it

  bool was_killed() const;

  /// 128 + the signal that ended it, as a shell has it.
  int exit_code() const;

  /// `ended with exit code 1`, `was killed by signal 9 (Killed)`
  std::string describe() const;
};

}  // namespace angle
