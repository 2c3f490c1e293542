// AdamW by vectors. Internal linkage, see model/kernels/lanes.h.
#pragma once

#include "model/kernels/lanes.h"
#include "train/adamw_kernel.h"

namespace angle::kernels {
namespace {

inline void adamw_decay(const AdamWNumbers& numbers, const AdamWFactors& factors) {
  if (factors.decay == 1.0F) return;
  for (int64_t i = 0; i < numbers.count; i += kVector) {
    const int64_t count = numbers.count - i;
    store(numbers.parameter + i, multiply(load(numbers.parameter + i, count), all(factors.decay)), count);
  }
}

inline void adamw_update(const AdamWNumbers& numbers, const AdamWFactors& factors) {
  const Floats scale = all(factors.gradient), keep = all(factors.decay);
  const Floats beta2 = all(factors.beta2), new1 = all(1 - factors.beta1), new2 = all(1 - factors.beta2);
  const Floats inverse_root = all(factors.inverse_root), step = all(factors.step);
  const Floats epsilon = all(factors.epsilon);
  for (int64_t i = 0; i < numbers.count; i += kVector) {
    const int64_t count = numbers.count - i;
    const Floats gradient = multiply(load(numbers.gradient + i, count), scale);
    Floats first = load(numbers.first + i, count);
    first = multiply_add(subtract(gradient, first), new1, first);
    const Floats square = multiply(multiply(gradient, gradient), new2);
    const Floats second = multiply_add(load(numbers.second + i, count), beta2, square);
    const Floats divisor = multiply_add(square_root(second), inverse_root, epsilon);
    const Floats decayed = multiply(load(numbers.parameter + i, count), keep);
    store(numbers.first + i, first, count);
    store(numbers.second + i, second, count);
    store(numbers.parameter + i, subtract_product(decayed, divide(first, divisor), step), count);
  }
}

inline bool all_zero(const float* numbers, int64_t count) {
  Words bits = no_words();
  for (int64_t i = 0; i < count; i += kVector)
    bits = bitwise_or(bits, as_words(load(numbers + i, count - i)));
  return are_zeros(bits);
}

inline double sum_of_squares(const float* numbers, int64_t count) {
  constexpr int64_t kSums = 4;  // that do not wait for each other
  Floats sums[kSums];
  for (Floats& sum : sums) sum = zeros();
  for (int64_t i = 0; i < count; i += kSums * kVector)
    for (int64_t part = 0; part < kSums; ++part) {
      const int64_t at = i + part * kVector;
      if (at >= count) break;
      const Floats x = load(numbers + at, count - at);
      sums[part] = multiply_add(x, x, sums[part]);
    }
  double total = 0;
  for (const Floats& sum : sums) total += wide_sum_of(sum);
  return total;
}

constexpr AdamWKernels kAdamW = {adamw_update, adamw_decay, all_zero, sum_of_squares};

}  // namespace
}  // namespace angle::kernels
