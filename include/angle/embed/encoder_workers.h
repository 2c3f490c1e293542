// Several encoders in one process, for CPUs of many cores: they share the weights and nothing else.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

namespace angle {

/// Threads that encode at the same time. Each has OpenMP threads of its own, and all of these run on its own
/// part of the cores: threads that work together are near each other, and never wait for those of another
/// worker.
class EncoderWorkers {
 public:
  /// Error unless there are 1 to `threads` workers.
  static void check(int64_t workers, int64_t threads);

  /// Divides `threads`, and the cores that the calling thread may run on, among the workers as evenly as it
  /// goes. With fewer cores than workers some have the same one.
  ///
  /// Error unless there are 1 to `threads` workers, and for several where the environment lets OpenMP bind
  /// threads.
  EncoderWorkers(int64_t workers, int64_t threads);

  /// Waits for the tasks that have begun, and drops the others.
  ~EncoderWorkers();
  EncoderWorkers(const EncoderWorkers&) = delete;
  EncoderWorkers& operator=(const EncoderWorkers&) = delete;

  /// Calls `task(i)` once for every i < count, on all threads, in inference mode. With fewer tasks than
  /// threads the threads of a worker share each of its tasks (at::parallel_for). Tasks that were started
  /// earlier come first.
  ///
  /// @return  ready when all are done; after an exception in a task, which it then holds, no more are begun
  std::future<void> start(size_t count, std::function<void(size_t)> task);

 private:
  class Job;

  /// What worker `index` does until it is stopped.
  void work(const std::stop_token& stop, size_t index, int threads, std::span<const int> cpus);
  std::shared_ptr<Job> next_job(const std::stop_token& stop, size_t index);

  int64_t threads_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::deque<std::shared_ptr<Job>>> jobs_;  // of each worker, the one it works on first
  std::vector<std::jthread> workers_;                   // the last member: they use the others
};

}  // namespace angle
