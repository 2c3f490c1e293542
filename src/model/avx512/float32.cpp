// Compiled for AVX-512 (x86-64-v4).
#include "model/avx512/attention_kernel.h"
#include "model/avx512/linear_kernel.h"

namespace angle::avx512 {

void multiply_float32(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<Float32>(task, first, last);
}

void attend_float32(const AttentionTask& task) { attend<Float32>(task); }

}  // namespace angle::avx512
