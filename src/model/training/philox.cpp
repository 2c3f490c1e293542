#include "model/training/philox.h"

#include <algorithm>

#include "angle/cpu_features.h"

#include "model/training/avx512.h"

namespace angle {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 7;          // as many as pass all tests of the paper
constexpr int64_t kBlockWords = 4;  // a counter gives four random numbers, each for another word

struct Block {
  uint16_t words[kBlockWords];
};

/// Bit i of the words is of the counter {16 · block + i, draw}.
Block portable_block(const MaskSource& source, uint64_t block) {
  Block result{};
  for (uint32_t i = 0; i < kMaskLanes; ++i) {
    const uint64_t index = block * kMaskLanes + i;
    uint32_t c[4] = {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                     static_cast<uint32_t>(source.draw), static_cast<uint32_t>(source.draw >> 32)};
    auto k0 = static_cast<uint32_t>(source.seed), k1 = static_cast<uint32_t>(source.seed >> 32);
    for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1) {
      const uint64_t product0 = uint64_t{kMultiplier0} * c[0], product1 = uint64_t{kMultiplier1} * c[2];
      c[0] = static_cast<uint32_t>(product1 >> 32) ^ c[1] ^ k0;
      c[1] = static_cast<uint32_t>(product1);
      c[2] = static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ k1;
      c[3] = static_cast<uint32_t>(product0);
    }
    for (int64_t word = 0; word < kBlockWords; ++word)
      if (c[word] >= source.threshold)
        result.words[word] = static_cast<uint16_t>(result.words[word] | 1U << i);
  }
  return result;
}

struct Product {
  __m512i high, low;
};

/// The two halves of the 64-bit products of 16 numbers and one.
ANGLE_AVX512_INLINE Product multiply(__m512i numbers, uint32_t by) {
  const __m512i factor = _mm512_set1_epi64(by);
  const __m512i even = _mm512_mul_epu32(numbers, factor);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(numbers, 32), factor);
  return {_mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd),
          _mm512_mask_mov_epi32(even, 0xAAAA, _mm512_slli_epi64(odd, 32))};
}

ANGLE_AVX512 Block avx512_block(const MaskSource& source, uint64_t block) {
  const uint64_t first =
      block * kMaskLanes;  // its low half is a multiple of 16: adding a lane does not carry
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i c0 = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), lanes);
  __m512i c1 = _mm512_set1_epi32(static_cast<int>(first >> 32));
  __m512i c2 = _mm512_set1_epi32(static_cast<int>(source.draw));
  __m512i c3 = _mm512_set1_epi32(static_cast<int>(source.draw >> 32));
  auto k0 = static_cast<uint32_t>(source.seed), k1 = static_cast<uint32_t>(source.seed >> 32);
  for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1) {
    const Product product0 = multiply(c0, kMultiplier0), product1 = multiply(c2, kMultiplier1);
    constexpr int kXorOfThree = 0x96;
    c0 = _mm512_ternarylogic_epi32(product1.high, c1, _mm512_set1_epi32(static_cast<int>(k0)), kXorOfThree);
    c1 = product1.low;
    c2 = _mm512_ternarylogic_epi32(product0.high, c3, _mm512_set1_epi32(static_cast<int>(k1)), kXorOfThree);
    c3 = product0.low;
  }
  const __m512i threshold = _mm512_set1_epi32(static_cast<int>(source.threshold));
  return {{_mm512_cmpge_epu32_mask(c0, threshold), _mm512_cmpge_epu32_mask(c1, threshold),
           _mm512_cmpge_epu32_mask(c2, threshold), _mm512_cmpge_epu32_mask(c3, threshold)}};
}

}  // namespace

void keep_bits(const MaskSource& source, int64_t first, int64_t count, uint16_t* words) {
  const auto make_block = cpu_features().avx512 ? avx512_block : portable_block;
  for (int64_t done = 0; done < count;) {
    const int64_t word = first + done;
    const int64_t skipped = word % kBlockWords;
    const int64_t taken = std::min(kBlockWords - skipped, count - done);
    const Block block = make_block(source, static_cast<uint64_t>(word / kBlockWords));
    std::copy_n(block.words + skipped, taken, words + done);
    done += taken;
  }
}

}  // namespace angle
