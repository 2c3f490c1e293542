// A permutation of any size that takes no memory.
#pragma once

#include <cstdint>

#include "angle/random.h"

namespace angle {

/// A permutation of 0 … size − 1 as a block cipher: a Feistel network over the next larger power of four,
/// applied until the result is below the size (cycle walking; Black & Rogaway, "Ciphers with arbitrary finite
/// domains", CT-RSA 2002). At most four rounds of it on average.
class CipherPermutation {
 public:
  CipherPermutation(int64_t size, uint64_t seed) : size_(static_cast<uint64_t>(size)), seed_(seed) {
    while (uint64_t{1} << (2 * half_bits_) < size_) ++half_bits_;
  }

  int64_t operator()(int64_t number) const {
    auto value = static_cast<uint64_t>(number);
    do {
      value = encipher(value);
    } while (value >= size_);
    return static_cast<int64_t>(value);
  }

 private:
  uint64_t encipher(uint64_t value) const {
    constexpr uint64_t kRounds = 8;
    const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
    uint64_t left = value >> half_bits_, right = value & mask;
    for (uint64_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed = left ^ (derive_seed(seed_ + round, right) & mask);
      left = right;
      right = mixed;
    }
    return left << half_bits_ | right;
  }

  uint64_t size_;
  uint64_t seed_;
  int half_bits_ = 1;
};

}  // namespace angle
