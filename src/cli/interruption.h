// Ctrl-C and polite kills: the first asks the command to save and stop, the second ends it at once.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace angle::cli {

/// SIGINT and SIGTERM, taken by a thread of its own while this exists.
///
/// They must not run a handler on a thread that computes: some of oneDNN's float32 kernels for small products
/// (x64:gemm:jit, in oneDNN 3.10 on AVX-512) keep data further below the stack pointer than the ABI's red
/// zone. A handler's frame is laid over it, and they then write beyond their matrices: of 900 interrupted
/// runs of two processes 21 died of a broken heap. So these signals are blocked in every other thread.
class Interruption {
 public:
  /// To be made before the threads that compute: they inherit what this thread blocks. Until hold(), a signal
  /// does what it would do without this.
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// From here on the first signal is only noted; the second ends the process.
  void hold() { held_ = true; }

  /// Whether a signal was noted.
  const std::atomic<bool>& requested() const { return requested_; }

  /// Ends the process as the signal that was noted would have.
  [[noreturn]] void end_process() const;

 private:
  void take_signals();

  sigset_t signals_, before_;
  std::atomic<bool> held_ = false, requested_ = false, over_ = false;
  std::atomic<int> signal_ = 0;
  std::thread thread_;
};

}  // namespace angle::cli
