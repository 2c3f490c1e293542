// LayerNorm(residual + dropout(input)) and its gradient, row by row. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"
#include "model/training/kernels/training_kernels.h"

namespace angle::kernels {
namespace {

template <class T>
NormStatistics norm_forward(const NormShape& shape, const float* bias, const NormRow<T>& row) {
  const int64_t hidden = shape.hidden;
  const Floats scale = all(shape.scale > 0 ? shape.scale : 1.0F);
  Floats total = zeros();
  for (int64_t i = 0; i < hidden; i += kVector) {
    const Floats x = kept(multiply(load(row.input + i, hidden - i), scale), row.kept[i / kVector]);
    const Floats sum = add(x, load(row.residual + i, hidden - i));
    store(row.sum + i, sum, hidden - i);
    total = add(total, sum);
  }
  const float mean = sum_of(total) / static_cast<float>(hidden);
  Floats squares = zeros();
  for (int64_t i = 0; i < hidden; i += kVector) {
    const Floats centered = first_of(subtract(load(row.sum + i, hidden - i), all(mean)), hidden - i, zeros());
    squares = multiply_add(centered, centered, squares);
  }
  const float variance = sum_of(squares) / static_cast<float>(hidden);
  const float inverse = 1 / __builtin_sqrtf(variance + shape.epsilon);
  for (int64_t i = 0; i < hidden; i += kVector) {
    const Floats normal = multiply(subtract(load(row.sum + i, hidden - i), all(mean)), all(inverse));
    store(row.output + i,
          multiply_add(normal, load(shape.weight + i, hidden - i), load(bias + i, hidden - i)), hidden - i);
  }
  return {mean, inverse};
}

/// With n = (sum − mean)/σ and g = gradient·weight: ∂sum = (g − mean(g) − n·mean(g·n))/σ.
template <class T>
void norm_backward(const NormShape& shape, const NormGradientRow<T>& row) {
  const int64_t hidden = shape.hidden;
  const Floats mean = all(row.statistics.mean), inverse = all(row.statistics.inverse_deviation);
  const auto normal_at = [&](int64_t i) {
    return multiply(subtract(load(row.sum + i, hidden - i), mean), inverse);
  };
  Floats total = zeros(), projection = zeros();
  for (int64_t i = 0; i < hidden; i += kVector) {
    const Floats normal = normal_at(i), by_output = load(row.gradient + i, hidden - i);
    const Floats g = multiply(by_output, load(shape.weight + i, hidden - i));  // 0 behind the row
    total = add(total, g);
    projection = multiply_add(g, normal, projection);
    store(row.weight_sum + i, multiply_add(by_output, normal, load(row.weight_sum + i, hidden - i)),
          hidden - i);
    store(row.bias_sum + i, add(by_output, load(row.bias_sum + i, hidden - i)), hidden - i);
  }
  const Floats share = all(1.0F / static_cast<float>(hidden));
  total = multiply(all(sum_of(total)), share);
  projection = multiply(all(sum_of(projection)), share);
  for (int64_t i = 0; i < hidden; i += kVector) {
    const Floats g = multiply(load(row.gradient + i, hidden - i), load(shape.weight + i, hidden - i));
    const Floats centered = subtract_product(subtract(g, total), normal_at(i), projection);
    const Floats by_sum = multiply(centered, inverse);
    store(row.by_residual + i, by_sum, hidden - i);
    if (shape.scale > 0)
      store(row.by_input + i, kept(multiply(by_sum, all(shape.scale)), row.kept[i / kVector]), hidden - i);
  }
}

}  // namespace
}  // namespace angle::kernels
