// Compiled for AVX-512 with AVX512_BF16 and AMX_BF16.
#include "model/avx512/amx_linear_kernel.h"

namespace angle::avx512 {

void multiply_bfloat16_amx(const LinearTask& task, int64_t first, int64_t last) {
  multiply_amx_panels<BFloat16Tiles>(task, first, last);
}

}  // namespace angle::avx512
