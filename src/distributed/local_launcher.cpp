#include "angle/distributed/local_launcher.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "angle/cpu_features.h"
#include "angle/error.h"
#include "angle/openmp_cpus.h"

#include "distributed/key_store.h"
#include "distributed/watch.h"
#include "exec_strings.h"
#include "process_end.h"

extern char** environ;

namespace angle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kHost = "127.0.0.1";
constexpr const char* kAttempt = "0";
constexpr std::chrono::seconds kGrace{2};  // for the others to end by themselves, once one has failed

/// Signals that wait until they are asked for.
class HeldSignals {
 public:
  HeldSignals() {
    std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, which is inherited, no end is ever told
    sigemptyset(&held_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&held_, signal);
    pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  /// The next one; 0 when none comes in time.
  int next(std::chrono::milliseconds patience) const {
    const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
    return std::max(sigtimedwait(&held_, nullptr, &time), 0);
  }

  /// The mask that programs are started with.
  const sigset_t& before() const { return before_; }

 private:
  sigset_t held_, before_;
};

/// A file without a name that every process opens anew.
class SharedInput {
 public:
  explicit SharedInput(const std::string& text) : descriptor_(memfd_create("stdin", MFD_CLOEXEC)) {
    const ssize_t size = static_cast<ssize_t>(text.size());
    if (descriptor_ >= 0 && write(descriptor_, text.data(), text.size()) == size) return;
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    fail("the standard input can't be passed on: {}", std::strerror(error));
  }
  ~SharedInput() { close(descriptor_); }
  SharedInput(const SharedInput&) = delete;
  SharedInput& operator=(const SharedInput&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

/// So that the processes have them all.
void take_all_cpus() {
  const cpu_set_t cpus = openmp_cpus();
  if (CPU_COUNT(&cpus) > 0) sched_setaffinity(0, sizeof cpus, &cpus);
}

std::string name_of(const std::string& assignment) { return assignment.substr(0, assignment.find('=')); }

/// This process's environment with changes.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> variables = changes;
  for (char** entry = environ; *entry; ++entry) {
    const auto same_name = [&](const std::string& change) { return name_of(change) == name_of(*entry); };
    if (std::none_of(changes.begin(), changes.end(), same_name)) variables.emplace_back(*entry);
  }
  return variables;
}

std::vector<std::string> environment_of(int rank, const LaunchOptions& options, uint16_t port) {
  const int share = std::max(count_usable_cpus() / options.processes, 1);
  const int threads = options.threads > 0 ? options.threads : share;
  std::vector<std::string> changes = {fmt::format("RANK={}", rank),
                                      fmt::format("LOCAL_RANK={}", rank),
                                      fmt::format("WORLD_SIZE={}", options.processes),
                                      fmt::format("LOCAL_WORLD_SIZE={}", options.processes),
                                      fmt::format("MASTER_ADDR={}", kHost),
                                      fmt::format("MASTER_PORT={}", port),
                                      "TORCHELASTIC_USE_AGENT_STORE=True",
                                      fmt::format("TORCHELASTIC_RESTART_COUNT={}", kAttempt),
                                      "OMP_PROC_BIND=false"};  // all would bind to the same CPUs
  if (options.threads > 0 || !std::getenv("OMP_NUM_THREADS"))
    changes.push_back(fmt::format("OMP_NUM_THREADS={}", threads));
  return environment_with(changes);
}

/// Between fork() and exec(): only what is safe in the copy of a process with threads.
[[noreturn]] void become(const ExecStrings& arguments, const ExecStrings& environment,
                         const std::string& input, pid_t parent, const sigset_t& mask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
  setpgid(0, 0);                      // Ctrl-C comes to the launcher alone, which passes it on once
  std::signal(SIGTTOU, SIG_IGN);      // and so must not stop a process that writes to the terminal
  const int descriptor = open(input.c_str(), O_RDONLY);
  if (descriptor >= 0) dup2(descriptor, STDIN_FILENO);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  execve("/proc/self/exe", arguments.data(), environment.data());
  _exit(127);
}

struct Child {
  int rank;
  pid_t process;
  bool running = true;
  ProcessEnd end = {};

  std::string describe_end() const {
    return fmt::format("rank {} (process {}) {}", rank, process, end.describe());
  }
};

class Children {
 public:
  Children(const LaunchOptions& options, const KeyStore& store, const sigset_t& mask) : store_(store) {
    const SharedInput input(options.input);
    const ExecStrings arguments(options.command);
    for (int rank = 0; rank < options.processes; ++rank) {
      const ExecStrings environment(environment_of(rank, options, store.port()));
      const std::string path = input.path();
      const pid_t parent = getpid(), process = fork();
      if (process == 0) become(arguments, environment, path, parent, mask);
      if (process < 0) {
        kill_all();
        fail("rank {} can't be started: {}", rank, std::strerror(errno));
      }
      children_.push_back({.rank = rank, .process = process});
    }
  }

  bool any_running() const {
    return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.running; });
  }

  void send(int signal) const {
    for (const Child& child : children_)
      if (child.running) kill(child.process, signal);
  }

  /// Takes note of those that have ended.
  void collect() {
    for (Child& child : children_) {
      if (!child.running || waitpid(child.process, &child.end.status, WNOHANG) <= 0) continue;
      child.running = false;
      if (child.end.exit_code() != 0) note_end(child);
    }
  }

  /// When the others must have ended, once one has failed.
  bool are_overdue() const {
    return first_ && first_->end.exit_code() != 130 && Clock::now() > ended_ + kGrace;
  }

  void kill_all() { send(SIGKILL); }

  LaunchResult result() const {
    if (!first_) return {};
    const bool alike = std::all_of(children_.begin(), children_.end(), [&](const Child& child) {
      return !child.end.was_killed() && child.end.exit_code() == first_->end.exit_code();
    });
    return {.exit_code = first_->end.exit_code(), .failure = alike ? "" : first_->describe_end()};
  }

 private:
  /// A process that was killed says nothing itself, and the others may notice before its end is known here.
  void note_end(const Child& child) {
    if (!first_) ended_ = Clock::now();
    if (first_ && (first_->end.was_killed() || !child.end.was_killed() || Clock::now() > ended_ + kGrace))
      return;
    first_ = child;
    store_.set_once(failure_key(kAttempt), child.describe_end());
  }

  const KeyStore& store_;
  std::vector<Child> children_;
  std::optional<Child> first_;  // to fail
  Clock::time_point ended_;
};

}  // namespace

LaunchResult launch(const LaunchOptions& options) {
  const HeldSignals signals;  // before any thread begins, which would get them instead
  take_all_cpus();
  const KeyStore store = KeyStore::serve(kHost, 0, std::chrono::seconds(60));
  Children children(options, store, signals.before());
  while (children.any_running()) {
    const int signal = signals.next(std::chrono::milliseconds(200));
    if (signal != 0 && signal != SIGCHLD) children.send(signal);
    children.collect();
    if (children.are_overdue()) children.kill_all();
  }
  return children.result();
}

}  // namespace angle
