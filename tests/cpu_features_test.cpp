// What the CPU can compute with:
//  - bfloat16 is refused where there are no instructions for it, saying what was found, and allowed with
//    either kind;
//  - ANGLE_CPU takes away what an older CPU lacks and gives nothing; another name is an error that lists
//    them;
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

TEST(CpuFeatures, TakesTheCpuForAnOlderOne) {
  const CpuFeatures all{.avx2 = true,
                        .avx512 = true,
                        .avx512_bf16 = true,
                        .avx512_vnni = true,
                        .avx_vnni = true,
                        .amx_bf16 = true,
                        .amx_int8 = true};
  const auto count = [](const CpuFeatures& cpu) {
    return cpu.avx2 + cpu.avx512 + cpu.avx512_bf16 + cpu.avx512_vnni + cpu.avx_vnni + cpu.amx_bf16 +
           cpu.amx_int8;
  };
  EXPECT_EQ(count(limited(all, "none")), 0);
  EXPECT_TRUE(limited(all, "avx2").avx2);
  EXPECT_EQ(count(limited(all, "avx2")), 1);
  EXPECT_TRUE(limited(all, "avx_vnni").avx_vnni);
  EXPECT_FALSE(limited(all, "avx_vnni").avx512);
  EXPECT_TRUE(limited(all, "avx512").avx512);
  EXPECT_FALSE(limited(all, "avx512").avx512_vnni);
  EXPECT_TRUE(limited(all, "avx512_vnni").avx512_vnni);
  EXPECT_FALSE(limited(all, "avx512_vnni").avx512_bf16);
  EXPECT_TRUE(limited(all, "avx512_bf16").avx512_bf16);
  EXPECT_FALSE(limited(all, "avx512_bf16").amx_bf16);
  EXPECT_EQ(count(limited(all, "amx")), 7);
  EXPECT_EQ(count(limited({.avx2 = true}, "amx")), 1);
  EXPECT_ERROR(limited(all, "AVX2"), "ANGLE_CPU: found \"AVX2\", expected one of none, avx2, ",
               "avx512_bf16, amx");
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
