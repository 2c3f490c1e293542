// Compiled for AVX-512 with AVX512_VNNI.
#include "model/kernels/linear_kernel.h"

namespace angle::kernels {

void multiply_uint8_avx512(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<UInt8>(task, first, last);
}

}  // namespace angle::kernels
