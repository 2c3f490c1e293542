// What the CPU can compute with:
//  - bfloat16 is refused where there are no instructions for it, saying what was found, and allowed with
//    either kind;
//  - only those CPUs count that the thread may run on.

#include "angle/cpu_features.h"

#include <sched.h>
#include <thread>

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

TEST(CpuFeatures, RefusesBfloat16WithWhatWasFound) {
  EXPECT_ERROR(require_bfloat16({}, "train.precision bfloat16"),
               "train.precision bfloat16: this CPU has no bfloat16", "found neither AVX2 nor AVX-512",
               "expected AVX512_BF16 or AMX_BF16", "use float32");
  EXPECT_ERROR(require_bfloat16({.avx2 = true}, "here"), "here: ", "found AVX2");
  EXPECT_ERROR(require_bfloat16({.avx2 = true, .avx512 = true}, "here"), "found AVX-512 without them");
}

TEST(CpuFeatures, AllowsBfloat16WithEitherKindOfInstructions) {
  EXPECT_NO_THROW(require_bfloat16({.avx512_bf16 = true}, "here"));
  EXPECT_NO_THROW(require_bfloat16({.amx_bf16 = true}, "here"));
}

TEST(CpuFeatures, CountsTheCpusThatTheThreadMayRunOn) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(count_usable_cpus(), CPU_COUNT(&all));
  int counted = 0;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    counted = count_usable_cpus();
  }).join();
  EXPECT_EQ(counted, 1);
}

}  // namespace
}  // namespace angle
