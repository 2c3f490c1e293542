#include "angle/random.h"

#include <limits>

namespace angle {

uint64_t SplitMix64::below(uint64_t bound) {
  // Numbers above the largest multiple of the bound are drawn again.
  const uint64_t excess = (std::numeric_limits<uint64_t>::max() % bound + 1) % bound;  // 2^64 mod bound
  uint64_t value = next();
  while (value > std::numeric_limits<uint64_t>::max() - excess) value = next();
  return value % bound;
}

uint64_t derive_seed(uint64_t seed, uint64_t number) {
  return SplitMix64::mix(SplitMix64::mix(seed + SplitMix64::kStep) + number);
}

}  // namespace angle
