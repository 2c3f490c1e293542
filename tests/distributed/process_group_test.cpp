// Several processes, here threads over the loopback:
//  - sums, gathered tensors, broadcasts and flags are those of all, the sums to the same bits everywhere;
//  - work on rank 0 may take any time while it gets on, and its result comes to all, however late one comes
//    for it; one that stands still ends the others;
//  - processes that are missing, compute on another kind of device, fail, or don't come to an exchange end
//    the others with their rank and the reason;
//  - a process on its own does nothing.

#include "angle/distributed/process_group.h"

#include <future>
#include <mutex>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/error.h"

#include "support/thread_group.h"

namespace angle {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::run_group;

TEST(ProcessGroup, AddsUpTensors) {
  for (const int size : {2, 3}) {
    std::mutex mutex;
    std::vector<Tensor> sums;
    EXPECT_THAT(run_group({.size = size},
                          [&](const ProcessGroup& group) {
                            const Tensor tensor = at::arange(1000, at::kFloat) / (3.0 + group.rank());
                            group.sum(tensor);
                            const std::lock_guard lock(mutex);
                            sums.push_back(tensor);
                          }),
                Each(IsEmpty()));
    double factor = 0;
    for (int rank = 0; rank < size; ++rank) factor += 1 / (3.0 + rank);
    EXPECT_TRUE(at::allclose(sums[0], at::arange(1000, at::kFloat) * factor, 1e-6));
    for (const Tensor& sum : sums) EXPECT_TRUE(at::equal(sum, sums[0]));
  }
}

TEST(ProcessGroup, GathersTensorsInTheOrderOfRanks) {
  EXPECT_THAT(
      run_group({.size = 3},
                [](const ProcessGroup& group) {
                  const Tensor all = group.gather(at::full({2, 4}, double(group.rank()), at::kDouble));
                  const Tensor expected = at::arange(3, at::kDouble).repeat_interleave(2).unsqueeze(1);
                  if (!at::equal(all, expected.expand({6, 4}))) fail("gathered something else");
                }),
      Each(IsEmpty()));
}

TEST(ProcessGroup, TakesTheTensorOfTheFirst) {
  EXPECT_THAT(run_group({.size = 3},
                        [](const ProcessGroup& group) {
                          const Tensor tensor = at::full({5}, 7.0 + group.rank());
                          group.broadcast(tensor);
                          if (!at::equal(tensor, at::full({5}, 7.0))) fail("got something else");
                        }),
              Each(IsEmpty()));
}

TEST(ProcessGroup, SeesAFlagWhereverItIsSet) {
  EXPECT_THAT(run_group({.size = 3},
                        [](const ProcessGroup& group) {
                          if (!group.any(group.rank() == 2)) fail("the flag was lost");
                          if (group.any(false)) fail("a flag out of nothing");
                        }),
              Each(IsEmpty()));
}

TEST(ProcessGroup, WaitsForTheWorkOfTheFirstForAsLongAsItGetsOn) {
  std::atomic<int> runs = 0;
  EXPECT_THAT(run_group({.size = 2, .timeout = 1s},
                        [&](const ProcessGroup& group) {
                          const auto result = group.on_first<std::vector<double>>([&] {
                            ++runs;
                            for (int part = 0; part < 5; ++part) std::this_thread::sleep_for(2500ms);
                            return std::vector{0.1, 1e300};
                          });
                          if (result != std::vector{0.1, 1e300}) fail("another result");
                        }),
              Each(IsEmpty()));
  EXPECT_EQ(runs, 1);
}

/// As for one that still reads its data, wherever it is among those that hand on what the first has.
TEST(ProcessGroup, WaitsForAnyThatComesLateToTheWorkOfTheFirst) {
  for (const int late : {1, 2, 3})
    EXPECT_THAT(run_group({.size = 4, .timeout = 1s},
                          [&](const ProcessGroup& group) {
                            if (group.rank() == late)
                              for (int part = 0; part < 2; ++part) std::this_thread::sleep_for(1500ms);
                            if (group.on_first<int>([] { return 7; }) != 7) fail("another result");
                          }),
                Each(IsEmpty()));
}

TEST(ProcessGroup, NamesTheFirstWhenItStandsStillInItsWork) {
  std::promise<void> noticed;
  const auto failures = run_group({.size = 2, .timeout = 1s}, [&](const ProcessGroup& group) {
    try {
      group.on_first([&] { noticed.get_future().wait_for(40s); });  // as a disk that does not answer
    } catch (const GroupFailure&) {
      if (!group.is_first()) noticed.set_value();
      throw;
    }
  });
  EXPECT_THAT(failures[1], AllOf(HasSubstr("given up: rank 0 (process "), HasSubstr("has stood still for ")));
}

TEST(ProcessGroup, NamesThoseThatDoNotJoin) {
  EXPECT_THAT(run_group({.size = 4, .missing = 2, .timeout = 1s}, [](const ProcessGroup&) {}),
              Each(HasSubstr("2 of 4 processes have not joined within 1 s: rank 2, 3; start them all")));
}

TEST(ProcessGroup, NamesThoseOnAGpuWhenOthersAreNot) {
  EXPECT_THAT(run_group({.size = 3, .gpu_rank = 1}, [](const ProcessGroup&) {}),
              Each(HasSubstr("--device: rank 1 on a GPU, rank 0, 2 on the CPU; give all the same")));
}

TEST(ProcessGroup, EndsTheOthersWithTheReasonOfTheOneThatFails) {
  const auto start = std::chrono::steady_clock::now();
  const auto failures = run_group({.size = 3}, [](const ProcessGroup& group) {
    if (group.rank() == 1) fail("the disk is full");
    group.sum(at::zeros({1}));
  });
  EXPECT_EQ(failures[1], "the disk is full");
  for (const int rank : {0, 2})
    EXPECT_THAT(failures[rank], AllOf(HasSubstr("rank 1 (process "), HasSubstr("failed: the disk is full")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(ProcessGroup, EndsTheOthersWhenTheFirstFailsInItsWork) {
  const auto failures =
      run_group({.size = 2}, [](const ProcessGroup& group) { group.on_first([] { fail("no such file"); }); });
  EXPECT_THAT(failures[1], AllOf(HasSubstr("rank 0 (process "), HasSubstr("failed: no such file")));
}

TEST(ProcessGroup, NamesTheOneThatDoesNotComeToAnExchange) {
  const auto failures = run_group({.size = 3, .timeout = 1s}, [](const ProcessGroup& group) {
    if (group.rank() == 2) std::this_thread::sleep_for(6s);
    group.sum(at::zeros({1}));
  });
  EXPECT_THAT(failures[0], AllOf(HasSubstr("no exchange within 1 s"), HasSubstr("rank 2 (process "),
                                 HasSubstr("is alive but has not come to the exchange")));
}

TEST(ProcessGroup, OfOneDoesNothing) {
  const ProcessGroup group;
  EXPECT_EQ(group.size(), 1);
  EXPECT_TRUE(group.is_first());
  const Tensor tensor = at::ones({2, 2});
  group.sum(tensor);
  group.broadcast(tensor);
  EXPECT_TRUE(at::equal(tensor, at::ones({2, 2})));
  EXPECT_TRUE(group.gather(tensor).is_same(tensor));
  EXPECT_TRUE(group.any(true));
  EXPECT_FALSE(group.any(false));
  EXPECT_EQ(group.on_first<int>([] { return 7; }), 7);
  group.announce_failure("nobody listens");
  group.leave();
}

}  // namespace
}  // namespace angle

/// Threads of a group that was given up may still wait in gloo; they must not see LibTorch's static objects
/// destroyed. The program leaves in the same way.
int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  std::fflush(nullptr);
  std::_Exit(result);
}
