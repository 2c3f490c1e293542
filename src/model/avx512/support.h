// Which kernels of avx512/ this CPU can run.
#pragma once

#include "model/avx512/kernels.h"

namespace angle {

/// Whether the CPU multiplies such elements: AVX-512, for bfloat16 with AVX512_BF16, for bytes with
/// AVX512_VNNI.
bool cpu_multiplies(avx512::Element element);

}  // namespace angle
