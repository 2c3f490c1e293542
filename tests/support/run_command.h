// Runs a program and keeps what it says.
#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace angle::testing {

struct CommandResult {
  int exit_code = 0;  // 128 + the signal that ended it, as a shell has it
  std::string out;
  std::string err;
  int64_t peak_memory_bytes = 0;
};

/// A file without a name, for one of a program's three streams.
class StreamFile {
 public:
  explicit StreamFile(std::string_view content = "") : file_(std::tmpfile()) {
    if (file_ == nullptr) throw std::runtime_error("tmpfile failed");
    std::fwrite(content.data(), 1, content.size(), file_);
    std::rewind(file_);
  }
  ~StreamFile() { std::fclose(file_); }
  StreamFile(const StreamFile&) = delete;
  StreamFile& operator=(const StreamFile&) = delete;

  int descriptor() const { return fileno(file_); }

  std::string content() const {
    std::string text;
    std::array<char, 1 << 16> buffer;
    std::rewind(file_);
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), file_))
      text.append(buffer.data(), count);
    return text;
  }

 private:
  std::FILE* file_;
};

/// A program that runs. `run_command` is what most tests want.
class RunningCommand {
 public:
  /// @param args  the program (looked up in PATH) and its arguments
  explicit RunningCommand(const std::vector<std::string>& args, std::string_view input = "") : in_(input) {
    std::vector<char*> argv;
    for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_.descriptor(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err_.descriptor(), STDERR_FILENO);
    const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("can't run " + args[0]);
  }

  void send(int signal) const { ::kill(pid_, signal); }

  pid_t process_id() const { return pid_; }

  /// Whether it has not ended yet.
  bool is_running() const {
    siginfo_t ended{};
    return waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0;
  }

  /// Waits for its end.
  CommandResult wait() {
    int status = 0;
    rusage usage{};
    while (wait4(pid_, &status, 0, &usage) < 0)
      if (errno != EINTR) throw std::runtime_error("wait4 failed");
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            .out = out_.content(),
            .err = err_.content(),
            .peak_memory_bytes = int64_t{usage.ru_maxrss} * 1024};
  }

 private:
  StreamFile in_, out_, err_;
  pid_t pid_ = -1;
};

/// Runs a program to its end.
///
///     const CommandResult result = run_command({ANGLE_BINARY, "tokenize"}, "a text\n");
inline CommandResult run_command(const std::vector<std::string>& args, std::string_view input = "") {
  return RunningCommand(args, input).wait();
}

/// Runs a line of shell, in which a failure anywhere in a pipe counts; "$0" is `program`.
inline CommandResult run_shell(const std::string& line, const std::string& program) {
  return run_command({"bash", "-o", "pipefail", "-c", line, program});
}

}  // namespace angle::testing
