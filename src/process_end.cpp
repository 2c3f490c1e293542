#include "process_end.h"

#include <csignal>
#include <cstring>
#include <sys/wait.h>

#include <spdlog/fmt/fmt.h>

namespace angle {

bool ProcessEnd::was_killed() const { return WIFSIGNALED(status); }

int ProcessEnd::exit_code() const { return was_killed() ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

std::string ProcessEnd::describe() const {
  if (!was_killed()) return fmt::format("ended with exit code {}", exit_code());
  const int signal = WTERMSIG(status);
  return fmt::format("was killed by signal {} ({}){}", signal, strsignal(signal),
                     signal == SIGKILL ? "; if nobody did that, the machine has run out of memory" : "");
}

}  // namespace angle
