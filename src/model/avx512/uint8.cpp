// Compiled for AVX-512 with AVX512_VNNI.
#include "model/avx512/linear_kernel.h"

namespace angle::avx512 {

void multiply_uint8(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<UInt8>(task, first, last);
}

}  // namespace angle::avx512
