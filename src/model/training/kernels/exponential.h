// Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"

namespace angle::kernels {
namespace {

/// eˣ to 2 units in the last place: x = n·ln 2 + r, and the Taylor series of e^r to the seventh power, |r| ≤
/// 0.35.
inline Floats exponential(Floats x) {
  const Floats clamped = largest(all(-104.0F), x);  // below, the result is 0; keeps NaN
  const Floats n = nearest_whole(multiply(clamped, all(1.44269504F)));
  Floats r = subtract_product(clamped, n, all(0.693359375F));  // ln 2 in two parts
  r = subtract_product(r, n, all(-2.12194440e-4F));
  Floats sum = all(1.0F / 5040);
  sum = multiply_add(sum, r, all(1.0F / 720));
  sum = multiply_add(sum, r, all(1.0F / 120));
  sum = multiply_add(sum, r, all(1.0F / 24));
  sum = multiply_add(sum, r, all(1.0F / 6));
  sum = multiply_add(sum, r, all(0.5F));
  sum = multiply_add(sum, r, all(1.0F));
  sum = multiply_add(sum, r, all(1.0F));
  return scale_by_power(sum, n);
}

}  // namespace
}  // namespace angle::kernels
