// Invariants:
//  - the CPUs of a thread are those it may run on, each once;
//  - parts are as equal as it goes and cover all, and no part is empty as long as there is a CPU;
//  - a thread, and those it starts, run where it was bound to.
#include "embed/cpu_binding.h"

#include <algorithm>
#include <sched.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CpuBinding, FindsTheCpusOfTheThread) {
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  std::vector<int> expected;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) expected.push_back(cpu);
  std::vector<int> found = allowed_cpus();
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
}

TEST(CpuBinding, DividesCpusAsEvenlyAsItGoes) {
  const std::vector<int> cpus = {4, 6, 8, 1, 3};
  EXPECT_THAT(cpus_of_part(cpus, 0, 2), ElementsAre(4, 6));
  EXPECT_THAT(cpus_of_part(cpus, 1, 2), ElementsAre(8, 1, 3));
  EXPECT_THAT(cpus_of_part(cpus, 0, 1), ElementsAre(4, 6, 8, 1, 3));
  std::vector<int> joined;
  for (size_t part = 0; part < 4; ++part)
    for (const int cpu : cpus_of_part(cpus, part, 4)) joined.push_back(cpu);
  EXPECT_EQ(joined, cpus);
}

TEST(CpuBinding, SharesCpusWhenThereAreMoreParts) {
  const std::vector<int> cpus = {5, 7};
  EXPECT_THAT(cpus_of_part(cpus, 0, 4), ElementsAre(5));
  EXPECT_THAT(cpus_of_part(cpus, 1, 4), ElementsAre(5));
  EXPECT_THAT(cpus_of_part(cpus, 3, 4), ElementsAre(7));
  EXPECT_THAT(cpus_of_part({}, 1, 4), IsEmpty());
}

TEST(CpuBinding, BindsAThreadAndThoseItStarts) {
  const std::vector<int> all = allowed_cpus();
  std::vector<int> bound, inherited, unchanged;
  std::thread([&] {
    bind_this_thread(std::vector{all.back()});
    bound = allowed_cpus();
    std::thread([&] { inherited = allowed_cpus(); }).join();
    bind_this_thread({});
    unchanged = allowed_cpus();
  }).join();
  EXPECT_THAT(bound, ElementsAre(all.back()));
  EXPECT_EQ(inherited, bound);
  EXPECT_EQ(unchanged, bound);
  EXPECT_EQ(allowed_cpus(), all) << "of this thread";
}

}  // namespace
}  // namespace angle
