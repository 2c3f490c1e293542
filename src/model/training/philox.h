// Philox4x32-7 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011): random numbers that
// are a function of a key and a counter.
#pragma once

#include <cstdint>

namespace angle {

/// Elements whose bits share a word of keep_bits(): as many as a vector register has floats.
constexpr int64_t kMaskLanes = 16;

/// Words that a row of a mask takes.
constexpr int64_t mask_words(int64_t columns) { return (columns + kMaskLanes - 1) / kMaskLanes; }

/// What decides about the elements of one dropout mask (see DropoutMask).
struct MaskSource {
  uint64_t seed = 0;
  uint64_t draw = 0;
  uint32_t threshold = 0;
};

constexpr uint32_t kPhiloxMultiplier0 = 0xD2511F53, kPhiloxMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kPhiloxWeyl0 = 0x9E3779B9, kPhiloxWeyl1 = 0xBB67AE85;
constexpr int kPhiloxRounds = 7;        // as many as pass all tests of the paper
constexpr int64_t kMaskBlockWords = 4;  // a counter gives four random numbers, each for another word

/// Bit i of the words is of the counter {16 · block + i, draw}.
struct MaskBlock {
  uint16_t words[kMaskBlockWords];
};

/// Words [first, first + count) of a mask: bit i of word w says whether element 16 · w + i is kept, which it
/// is when its random number is at least the threshold.
void keep_bits(const MaskSource& source, int64_t first, int64_t count, uint16_t* words);

}  // namespace angle
