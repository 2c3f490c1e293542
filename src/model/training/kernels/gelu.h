// GELU in the erf form (Hendrycks & Gimpel, arXiv 1606.08415) and its gradient, one pass over memory for
// each. Internal linkage, see lanes.h.
#pragma once

#include "model/training/kernels/exponential.h"

namespace angle::kernels {
namespace {

struct Normal {
  Floats probability;  // Φ(x)
  Floats density;      // φ(x)
};

/// Φ by Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: |error| ≤ 7.5e-8. Its
/// exponential is the density's.
inline Normal normal(Floats x) {
  const Floats z = multiply(magnitude(x), all(0.70710678F));  // erf's argument
  const Floats power = exponential(subtract(zeros(), multiply(z, z)));
  const Floats t = divide(all(1.0F), multiply_add(z, all(0.3275911F), all(1.0F)));
  Floats series = all(1.061405429F);
  series = multiply_add(series, t, all(-1.453152027F));
  series = multiply_add(series, t, all(1.421413741F));
  series = multiply_add(series, t, all(-0.284496736F));
  series = multiply_add(series, t, all(0.254829592F));
  const Floats tail = multiply(multiply(all(0.5F), multiply(series, t)), power);
  return {where_positive(x, subtract(all(1.0F), tail), tail), multiply(power, all(0.39894228F))};
}

template <class T>
void gelu_forward(const T* input, T* output, int64_t count) {
  for (int64_t i = 0; i < count; i += kVector) {
    const Floats x = load(input + i, count - i);
    store(output + i, multiply(x, normal(x).probability), count - i);
  }
}

template <class T>
void gelu_backward(const T* input, T* gradient, T* output, int64_t count) {
  for (int64_t i = 0; i < count; i += kVector) {
    const Floats x = load(input + i, count - i);
    const Normal at = normal(x);
    const Floats slope = multiply_add(x, at.density, at.probability);
    store(gradient + i, multiply(load(gradient + i, count - i), slope), count - i);
    store(output + i, multiply(x, at.probability), count - i);
  }
}

}  // namespace
}  // namespace angle::kernels
