// Compiled for AVX2 with FMA and AVX-VNNI.
#include "model/kernels/linear_kernel.h"

namespace angle::kernels {

void multiply_uint8_avx_vnni(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<UInt8>(task, first, last);
}

}  // namespace angle::kernels
