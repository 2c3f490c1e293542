// Compiled for AVX-512 (x86-64-v4).
#include "model/kernels/attention_kernel.h"
#include "model/kernels/linear_kernel.h"
#include "model/kernels/rows_kernel.h"
#include "model/kernels/transpose_kernel.h"

namespace angle::kernels {

void multiply_float32_avx512(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<Float32>(task, first, last);
}

void multiply_wide_uint8_avx512(const LinearTask& task, int64_t first, int64_t last) {
  multiply_panels<WideUInt8>(task, first, last);
}

void attend_float32_avx512(const AttentionTask& task) { attend<Float32>(task); }

const RowKernels row_kernels_avx512 = {normalize, embed, quantize};

void transpose_avx512(const Transposition& task, int64_t first, int64_t last) {
  transpose_columns(task, first, last);
}

}  // namespace angle::kernels
