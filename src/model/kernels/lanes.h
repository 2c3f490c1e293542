// Sixteen 32-bit words side by side, as floats or as integers: one register of AVX-512, two of AVX2. What is
// written with these functions is compiled for either, and rounds to the same bits. Internal linkage: every
// file that includes this is compiled for other instructions.
//
// Where a function takes a `count`, it is about the first so many words, 1 to 16 or more for all: others are
// zero when they are loaded, and stay as they are in memory.
#pragma once

#include <cstdint>

namespace angle::kernels {
namespace {

constexpr int64_t kVector = 16;  // words

}  // namespace
}  // namespace angle::kernels

#ifdef __AVX512F__
#include "model/kernels/lanes_avx512.h"
#else
#include "model/kernels/lanes_avx2.h"
#endif
