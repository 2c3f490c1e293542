// Compiled for AVX2 with FMA.
#include "train/adamw_lanes.h"

namespace angle {

const AdamWKernels adamw_avx2 = kernels::kAdamW;

}  // namespace angle
