#include "model/training/kernels/training_kernels.h"

#include "angle/cpu_features.h"

namespace angle::kernels {

int64_t head_scratch(int64_t length, int64_t head_size) {
  const int64_t padded = padded_length(length);
  return 6 * length * head_size + 2 * head_size * padded + kQueryRows * (2 * padded + head_size);
}

template <>
const TrainingKernels<float>& training_kernels() {
  return cpu_features().avx512 ? training_float32_avx512 : training_float32_avx2;
}

template <>
const TrainingKernels<uint16_t>& training_kernels() {
  return training_bfloat16_avx512;
}

}  // namespace angle::kernels
