// Functions of sixteen floats at once. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"

namespace angle::kernels {
namespace {

/// 2^x for x ≤ 0, within 2e-7 of it: a polynomial through the Chebyshev nodes of [−½, ½], and the exponent
/// put together again.
inline Floats exp2(Floats exponent) {
  const Floats x = largest(all(-150.0F), exponent);  // keeps NaN; 2^−150 is rounded to 0
  const Floats whole = nearest_whole(x);
  const Floats fraction = subtract(x, whole);
  Floats power = all(0.0013390863F);
  power = multiply_add(power, fraction, all(0.0096760319F));
  power = multiply_add(power, fraction, all(0.0555035711F));
  power = multiply_add(power, fraction, all(0.2402210749F));
  power = multiply_add(power, fraction, all(0.6931471880F));
  power = multiply_add(power, fraction, all(1.0F));
  return scale_by_power(power, whole);
}

inline Floats gelu(Floats x, const GeluTable& table) {
  const Floats size = magnitude(x);
  const Floats place = least(multiply(size, all(table.intervals_per_unit)), all(31.0F));
  // Added to 1.5 · 2²³, a number is rounded, and its last bits are the integer: the index of its interval.
  const Floats shift = all(12582912.0F);
  const Floats shifted = add(place, shift);
  const Floats inside = subtract(place, subtract(shifted, shift));
  const Cubic cubic = lookup(table, as_words(shifted));
  Floats g = multiply_add(cubic.third, inside, cubic.second);
  g = multiply_add(g, inside, cubic.first);
  g = multiply_add(g, inside, cubic.zeroth);
  return multiply_add(size, g, multiply(x, all(0.5F)));
}

/// Into rows of float32, or by AVX-512 of bfloat16.
inline void store(const Rows& rows, int64_t row, int64_t column, Floats x, int64_t count = kVector) {
  const int64_t at = row * rows.stride + column;
#ifdef __AVX512F__
  if (rows.element == Element::bfloat16) return store(static_cast<uint16_t*>(rows.data) + at, x, count);
#endif
  store(static_cast<float*>(rows.data) + at, x, count);
}

}  // namespace
}  // namespace angle::kernels
