// Invariants:
//  - every task is done once, whatever the numbers of tasks, workers and threads, and in inference mode;
//  - every worker has its part of the threads, which are bound to its part of the cores of the thread that
//    made it;
//  - an exception in a task comes out of the future, and the workers go on with what is started later;
//  - destroying the workers waits for tasks that have begun and for no others.
#include "angle/embed/encoder_workers.h"

#include <atomic>
#include <chrono>
#include <map>
#include <set>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/cpu_binding.h"
#include "support/expect_error.h"

namespace angle {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

TEST(EncoderWorkers, DoEveryTaskOnce) {
  for (const auto& [workers, threads] : {std::pair{1, 1}, {1, 3}, {2, 2}, {2, 5}, {4, 4}}) {
    EncoderWorkers encoders(workers, threads);
    std::vector<std::future<void>> done;
    std::vector<std::vector<std::atomic<int>>> times;
    for (const size_t count : {0, 1, 3, 200, 5}) times.emplace_back(count);
    for (auto& of_job : times)
      done.push_back(encoders.start(of_job.size(), [&of_job](size_t i) {
        EXPECT_TRUE(c10::InferenceMode::is_enabled());
        ++of_job[i];
      }));
    for (size_t job = 0; job < done.size(); ++job) {
      done[job].get();
      EXPECT_THAT(std::vector<int>(times[job].begin(), times[job].end()), Each(1))
          << workers << " workers, " << threads << " threads";
    }
  }
}

/// The CPUs of each thread's task, while as many tasks as threads run at the same time.
std::vector<std::vector<int>> cpus_of_threads(int64_t workers, int64_t threads) {
  EncoderWorkers encoders(workers, threads);
  std::vector<std::vector<int>> cpus(static_cast<size_t>(threads));
  std::atomic<int64_t> begun = 0;
  const auto note_cpus = [&](size_t i) {
    cpus[i] = allowed_cpus();
    ++begun;
    for (int tries = 0; begun < threads && tries < 10'000; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  encoders.start(cpus.size(), note_cpus).get();
  EXPECT_EQ(begun, threads);
  return cpus;
}

TEST(EncoderWorkers, BindThreadsToTheirPartOfTheCores) {
  const std::vector<int> all = allowed_cpus();
  std::map<std::vector<int>, int> threads_on;
  for (const auto& cpus : cpus_of_threads(2, 5)) ++threads_on[cpus];
  std::map<std::vector<int>, int> expected;
  expected[cpus_of_part(all, 0, 2)] += 2;
  expected[cpus_of_part(all, 1, 2)] += 3;
  EXPECT_EQ(threads_on, expected);
  EXPECT_EQ(allowed_cpus(), all) << "of this thread";
}

TEST(EncoderWorkers, KeepToTheCoresOfTheProcess) {
  const std::vector<int> all = allowed_cpus();
  std::thread([&] {
    bind_this_thread(std::vector{all.back()});
    for (const auto& cpus : cpus_of_threads(2, 2)) EXPECT_THAT(cpus, ElementsAre(all.back()));
  }).join();
}

TEST(EncoderWorkers, ShareATaskAmongTheThreadsOfOneWhenThereAreFew) {
  EncoderWorkers encoders(2, 4);
  std::set<int> sharing;
  std::mutex mutex;
  encoders
      .start(1,
             [&](size_t) {
               at::parallel_for(0, 100, 1, [&](int64_t, int64_t) {
                 const std::lock_guard lock(mutex);
                 sharing.insert(at::get_thread_num());
               });
             })
      .get();
  EXPECT_THAT(sharing, ElementsAre(0, 1));
}

TEST(EncoderWorkers, LeaveTheThreadsOfTheCallerAsTheyAre) {
  std::thread([] {  // which LibTorch has not seen yet
    at::set_num_threads(3);
    EncoderWorkers(2, 2).start(2, [](size_t) {}).get();
    EXPECT_EQ(at::get_num_threads(), 3);
    std::atomic<int> parts = 0;
    at::parallel_for(0, 300, 1, [&](int64_t, int64_t) { ++parts; });
    EXPECT_EQ(parts, 3);
  })
      .join();
  at::set_num_threads(1);
}

TEST(EncoderWorkers, GiveExceptionsToTheCallerAndGoOn) {
  EncoderWorkers encoders(2, 2);
  std::atomic<int> done = 0;
  auto failing = encoders.start(10'000, [&](size_t i) {
    if (i == 9'999) fail("task {} failed", i);  // the first one
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    ++done;
  });
  auto later = encoders.start(3, [&](size_t) {});
  EXPECT_ERROR(failing.get(), "task 9999 failed");
  EXPECT_LT(done, 9'999) << "tasks were begun after the failure";
  later.get();
}

TEST(EncoderWorkers, DropTasksThatHaveNotBegunWhenDestroyed) {
  std::atomic<int> begun = 0, ended = 0;
  {
    EncoderWorkers encoders(2, 2);
    for (int job = 0; job < 3; ++job)
      encoders.start(1'000'000, [&](size_t) {
        ++begun;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++ended;
      });
    while (begun < 2) std::this_thread::yield();
  }
  EXPECT_EQ(begun, ended);
  EXPECT_LT(ended, 10'000);
}

TEST(EncoderWorkers, AreRefusedInNumbersThatMakeNoSense) {
  EXPECT_ERROR(EncoderWorkers(0, 2), "--workers 0: expected 1 to 2, the number of threads (--threads)");
  EXPECT_ERROR(EncoderWorkers(-1, 2), "workers -1");
  EXPECT_ERROR(EncoderWorkers(3, 2), "--workers 3: expected 1 to 2");
}

}  // namespace
}  // namespace angle
