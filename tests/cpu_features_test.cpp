// What the CPU can compute with:
//  - bfloat16 is refused where there are no instructions for it, saying what was found, and allowed with
//  either kind.

#include "angle/cpu_features.h"

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

}  // namespace
}  // namespace angle
