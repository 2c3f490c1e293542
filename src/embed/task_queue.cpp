#include "embed/task_queue.h"

#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace angle {

TaskQueue::TaskQueue(size_t count, std::function<void(size_t)> task)
    : count_(count), task_(std::move(task)) {}

void TaskQueue::work(bool one_thread_per_task) {
  if (!one_thread_per_task) return take_all();
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    const c10::InferenceMode inference;
    take_all();
  });
}

void TaskQueue::take_all() {
  try {
    for (size_t i = taken_++; i < count_; i = taken_++) task_(count_ - 1 - i);
  } catch (...) {
    drop_rest();
    throw;
  }
}

}  // namespace angle
