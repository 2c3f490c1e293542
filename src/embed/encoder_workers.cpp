#include "angle/embed/encoder_workers.h"

#include <atomic>
#include <exception>
#include <omp.h>
#include <utility>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "angle/error.h"

#include "embed/cpu_binding.h"
#include "embed/task_queue.h"

namespace angle {
namespace {

/// When a thread first needs the number of threads, LibTorch gives it the one that was last set by any
/// thread; from then on the thread has its own. Its library and the code in its headers do so apart.
void keep_own_num_threads() {
  at::get_num_threads();
  at::parallel_for(0, 1, 1, [](int64_t, int64_t) {});
}

/// OpenMP would take every worker's threads from the CPUs that they are bound to here, all to the same ones.
void refuse_bound_threads(int64_t workers) {
  if (workers > 1 && omp_get_proc_bind() != omp_proc_bind_false)
    fail(
        "workers {}: OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY in the environment binds the threads of all "
        "of them to the same CPUs; unset it: workers bind their threads themselves",
        workers);
}

}  // namespace

/// Tasks that all workers do together. Every worker comes by once, maybe when nothing is left to do.
class EncoderWorkers::Job {
 public:
  Job(size_t count, std::function<void(size_t)> task, bool one_thread_per_task, size_t workers)
      : tasks_(count, std::move(task)), one_thread_per_task_(one_thread_per_task), workers_left_(workers) {}

  std::future<void> done() { return done_.get_future(); }
  void drop_rest() { tasks_.drop_rest(); }

  /// What one worker does of it.
  void work() {
    try {
      tasks_.work(one_thread_per_task_);
    } catch (...) {
      if (!failed_.test_and_set()) mistake_ = std::current_exception();
    }
    if (--workers_left_ > 0) return;
    if (mistake_)
      done_.set_exception(mistake_);
    else
      done_.set_value();
  }

 private:
  TaskQueue tasks_;
  bool one_thread_per_task_;
  std::atomic<size_t> workers_left_;
  std::atomic_flag failed_;
  std::exception_ptr mistake_;
  std::promise<void> done_;
};

void EncoderWorkers::check(int64_t workers, int64_t threads) {
  if (workers < 1 || workers > threads)
    fail("--workers {}: expected 1 to {}, the number of threads (--threads)", workers, threads);
}

EncoderWorkers::EncoderWorkers(int64_t workers, int64_t threads) : threads_(threads) {
  check(workers, threads);
  refuse_bound_threads(workers);
  keep_own_num_threads();
  const auto count = static_cast<size_t>(workers);
  const std::vector<int> cpus = allowed_cpus();
  jobs_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const auto [first, last] = part_of(static_cast<size_t>(threads), i, count);
    workers_.emplace_back([this, i, own_threads = static_cast<int>(last - first),
                           own_cpus = cpus_of_part(cpus, i, count)](const std::stop_token& stop) {
      work(stop, i, own_threads, own_cpus);
    });
  }
}

EncoderWorkers::~EncoderWorkers() {
  const std::lock_guard lock(mutex_);
  for (const auto& jobs : jobs_)
    for (const auto& job : jobs) job->drop_rest();
  for (std::jthread& worker : workers_) worker.request_stop();
}

std::future<void> EncoderWorkers::start(size_t count, std::function<void(size_t)> task) {
  const bool one_thread_per_task = static_cast<int64_t>(count) >= threads_;
  const auto job = std::make_shared<Job>(count, std::move(task), one_thread_per_task, workers_.size());
  const std::lock_guard lock(mutex_);
  for (auto& jobs : jobs_) jobs.push_back(job);
  changed_.notify_all();
  return job->done();
}

void EncoderWorkers::work(const std::stop_token& stop, size_t index, int threads, std::span<const int> cpus) {
  bind_this_thread(cpus);  // before it starts its OpenMP threads, which inherit that
  keep_own_num_threads();
  at::set_num_threads(threads);
  const c10::InferenceMode inference;
  while (const std::shared_ptr<Job> job = next_job(stop, index)) {
    job->work();
    const std::lock_guard lock(mutex_);
    jobs_[index].pop_front();
  }
}

/// None when it is stopped.
std::shared_ptr<EncoderWorkers::Job> EncoderWorkers::next_job(const std::stop_token& stop, size_t index) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !jobs_[index].empty(); });
  return stop.stop_requested() ? nullptr : jobs_[index].front();
}

}  // namespace angle
