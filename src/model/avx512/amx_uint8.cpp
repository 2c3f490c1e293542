// Compiled for AVX-512 with AVX512_BF16 and AMX_INT8.
#include "model/avx512/amx_linear_kernel.h"

namespace angle::avx512 {

void multiply_uint8_amx(const LinearTask& task, int64_t first, int64_t last) {
  multiply_amx_panels<UInt8Tiles>(task, first, last);
}

}  // namespace angle::avx512
