// A block of a dropout mask by vectors, see philox.h. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"
#include "model/training/philox.h"

namespace angle::kernels {
namespace {

inline MaskBlock mask_block(const MaskSource& source, uint64_t block) {
  const uint64_t first =
      block * kMaskLanes;  // a multiple of 16: adding a lane to its low half does not carry
  const auto all_of = [](uint64_t bits) { return all_words(static_cast<int32_t>(bits)); };
  Words c0 = add(all_of(first), counting()), c1 = all_of(first >> 32);
  Words c2 = all_of(source.draw), c3 = all_of(source.draw >> 32);
  auto k0 = static_cast<uint32_t>(source.seed), k1 = static_cast<uint32_t>(source.seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round, k0 += kPhiloxWeyl0, k1 += kPhiloxWeyl1) {
    const Halves product0 = multiply_halves(c0, kPhiloxMultiplier0),
                 product1 = multiply_halves(c2, kPhiloxMultiplier1);
    c0 = exclusive_or(product1.high, c1, all_of(k0));
    c1 = product1.low;
    c2 = exclusive_or(product0.high, c3, all_of(k1));
    c3 = product0.low;
  }
  const uint32_t threshold = source.threshold;
  return {{bits_at_least(c0, threshold), bits_at_least(c1, threshold), bits_at_least(c2, threshold),
           bits_at_least(c3, threshold)}};
}

}  // namespace
}  // namespace angle::kernels
