// Ctrl-C, polite kills, and a terminal that goes: the first asks the command to save and stop, the second
// ends it at once.
#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace angle::cli {

/// SIGINT, SIGTERM and SIGHUP, taken by a thread of its own while this exists; no SIGHUP where nohup has it
/// ignored.
///
/// They must not run a handler on a thread that computes. Under one, oneDNN 3.10's float32 kernels for small
/// products (x64:gemm:jit, seen with AVX-512) break the heap, in PyTorch 2.11 too: of 900 interrupted runs of
/// two processes 21 died. It looks as if they kept data below the stack pointer, where a handler's frame is
/// laid. So these signals are blocked in every other thread.
class Interruption {
 public:
  /// To be made before the threads that compute: they inherit what this thread blocks. Until hold(), a signal
  /// does what it would do without this.
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// From here on the first signal is only noted; the second ends the process.
  ///
  /// @param notice  said on stderr as soon as the first comes: what happens until the process ends
  void hold(const std::string& notice = "");

  /// Whether a signal was noted.
  const std::atomic<bool>& requested() const { return requested_; }

  /// Ends the process as the signal that was noted would have.
  [[noreturn]] void end_process() const;

 private:
  void take_signals();

  sigset_t signals_, before_;
  std::string notice_;  // not changed once held_ is true
  std::atomic<bool> held_ = false, requested_ = false, said_ = false, over_ = false;
  std::atomic<int> signal_ = 0;
  std::thread thread_;
};

}  // namespace angle::cli
