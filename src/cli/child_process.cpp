#include "cli/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "angle/error.h"
#include "angle/openmp_cpus.h"

#include "exec_strings.h"

namespace angle::cli {
namespace {

/// Between fork() and exec(): only what is safe in the copy of a process with threads.
///
/// @param cpus  to run on; none: those of the parent
[[noreturn]] void become(char* const* arguments, int log, pid_t parent, const cpu_set_t& cpus) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
  if (CPU_COUNT(&cpus) > 0) sched_setaffinity(0, sizeof cpus, &cpus);
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);  // for the program to begin with; Interruption blocks some here
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  const ExecStrings strings(arguments);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) fail("{}: can't be written: {}", log.string(), std::strerror(errno));
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, which is inherited, no end is ever told
  const pid_t parent = getpid();
  const cpu_set_t cpus = openmp_cpus();
  process_ = fork();
  if (process_ == 0) become(strings.data(), file, parent, cpus);
  close(file);
  if (process_ < 0) fail("a process can't be started: {}", std::strerror(errno));
}

ChildProcess::~ChildProcess() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void ChildProcess::send(int signal) const {
  if (process_ > 0) kill(process_, signal);
}

std::optional<ProcessEnd> ChildProcess::poll() {
  ProcessEnd end;
  const pid_t ended = waitpid(process_, &end.status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  process_ = -1;
  if (ended < 0) fail("the end of a process is not known: {}", std::strerror(errno));
  return end;
}

}  // namespace angle::cli
