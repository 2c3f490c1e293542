// Tasks that threads share out among themselves while they work.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace angle {

/// `task(i)` for i < count, each once, the last first; whoever is done with one takes the next.
class TaskQueue {
 public:
  TaskQueue(size_t count, std::function<void(size_t)> task);

  /// Does tasks until none is left; others may do the same meanwhile. After an exception nobody begins
  /// another one.
  ///
  /// @param one_thread_per_task  every OpenMP thread of the caller works on a task of its own, in inference
  ///                             mode; else all work on one at a time
  void work(bool one_thread_per_task);

  /// Nobody begins another one.
  void drop_rest() { taken_ = count_; }

 private:
  void take_all();

  size_t count_;
  std::function<void(size_t)> task_;
  std::atomic<size_t> taken_ = 0;
};

}  // namespace angle
