// Compiled for AVX-512 (x86-64-v4).
#include "train/adamw_lanes.h"

namespace angle {

const AdamWKernels adamw_avx512 = kernels::kAdamW;

}  // namespace angle
