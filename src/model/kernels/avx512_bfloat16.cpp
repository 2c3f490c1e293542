// Compiled for AVX-512 with AVX512_BF16.
#include "model/kernels/attention_kernel.h"
#include "model/kernels/linear_kernel.h"

namespace angle::kernels {

void multiply_bfloat16_avx512(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<BFloat16>(task, first, last);
}

void attend_bfloat16_avx512(const AttentionTask& task) { attend<BFloat16>(task); }

}  // namespace angle::kernels
