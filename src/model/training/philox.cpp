#include "model/training/philox.h"

#include <algorithm>

#include "angle/cpu_features.h"

#include "model/training/kernels/training_kernels.h"

namespace angle {
namespace {

MaskBlock portable_block(const MaskSource& source, uint64_t block) {
  MaskBlock result{};
  for (uint32_t i = 0; i < kMaskLanes; ++i) {
    const uint64_t index = block * kMaskLanes + i;
    uint32_t c[4] = {static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                     static_cast<uint32_t>(source.draw), static_cast<uint32_t>(source.draw >> 32)};
    auto k0 = static_cast<uint32_t>(source.seed), k1 = static_cast<uint32_t>(source.seed >> 32);
    for (int round = 0; round < kPhiloxRounds; ++round, k0 += kPhiloxWeyl0, k1 += kPhiloxWeyl1) {
      const uint64_t product0 = uint64_t{kPhiloxMultiplier0} * c[0],
                     product1 = uint64_t{kPhiloxMultiplier1} * c[2];
      c[0] = static_cast<uint32_t>(product1 >> 32) ^ c[1] ^ k0;
      c[1] = static_cast<uint32_t>(product1);
      c[2] = static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ k1;
      c[3] = static_cast<uint32_t>(product0);
    }
    for (int64_t word = 0; word < kMaskBlockWords; ++word)
      if (c[word] >= source.threshold)
        result.words[word] = static_cast<uint16_t>(result.words[word] | 1U << i);
  }
  return result;
}

using MakeBlock = MaskBlock (*)(const MaskSource&, uint64_t);

MakeBlock block_maker() {
  if (cpu_features().avx512) return kernels::mask_block_avx512;
  return cpu_features().avx2 ? kernels::mask_block_avx2 : portable_block;
}

}  // namespace

void keep_bits(const MaskSource& source, int64_t first, int64_t count, uint16_t* words) {
  const MakeBlock make_block = block_maker();
  for (int64_t done = 0; done < count;) {
    const int64_t word = first + done;
    const int64_t skipped = word % kMaskBlockWords;
    const int64_t taken = std::min(kMaskBlockWords - skipped, count - done);
    const MaskBlock block = make_block(source, static_cast<uint64_t>(word / kMaskBlockWords));
    std::copy_n(block.words + skipped, taken, words + done);
    done += taken;
  }
}

}  // namespace angle
