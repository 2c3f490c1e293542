#include "cli/interruption.h"

#include <cstdlib>
#include <pthread.h>
#include <unistd.h>

namespace angle::cli {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// Lets this thread meet a signal, with what it does to a process by default.
void meet(int signal, const sigset_t& signals) {
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::raise(signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // it was ignored, as by nohup
}

/// In one call and past all buffers: another thread may be in the middle of a line.
void say(const std::string& notice) {
  if (notice.empty()) return;
  const char* const behind_progress = isatty(STDERR_FILENO) != 0 ? "\n" : "";
  const std::string line = behind_progress + notice + "\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

Interruption::Interruption() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals_, signal);
  if (!is_ignored(SIGHUP)) sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { take_signals(); });
}

Interruption::~Interruption() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interruption::hold(const std::string& notice) {
  notice_ = notice;
  held_ = true;
}

void Interruption::take_signals() {
  for (int signal = 0; sigwait(&signals_, &signal) == 0;) {
    if (over_) return;
    if (!held_ || requested_) {
      if (requested_) std::signal(signal, SIG_DFL);
      meet(signal, signals_);
      continue;
    }
    signal_ = signal;
    requested_ = true;  // at once: a pipe may end of the same Ctrl-C, and is not to be read to that end
    say(notice_);
    said_ = true;
    said_.notify_all();
  }
}

void Interruption::end_process() const {
  said_.wait(false);
  std::signal(signal_, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  std::raise(signal_);
  std::abort();  // not reached
}

}  // namespace angle::cli
