// Dropout:
//  - its random numbers are Philox4x32-7's: the known answers of the authors' test vectors;
//  - an element's fate depends on seed, draw and place alone, not on where a computation begins;
//  - the share of dropped elements is the probability, the mean is kept, draws are unlike each other;
//  - going back in the stream gives the same masks; nothing is drawn at probability 0;
//  - a device's own generator, once seeded with a draw, gives numbers that are a function of seed and draw.

#include "angle/model/dropout.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/training/philox.h"

namespace angle {
namespace {

/// Whether the random number of lane `lane` of word `word` is `expected`: it keeps at that threshold and not
/// above.
bool is_number(MaskSource source, int64_t word, int lane, uint32_t expected) {
  uint16_t at = 0, above = 0;
  source.threshold = expected;
  keep_bits(source, word, 1, &at);
  source.threshold = expected + 1;
  keep_bits(source, word, 1, &above);
  return (at >> lane & 1) == 1 && (above >> lane & 1) == 0;
}

TEST(Dropout, DrawsFromPhilox) {
  const uint32_t zeros[] = {0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48};
  const uint32_t ones[] = {0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662};
  const auto last_block = static_cast<int64_t>((uint64_t{1} << 60) - 1);  // its last counter is 2^64 − 1
  for (int64_t word = 0; word < 4; ++word) {
    EXPECT_TRUE(is_number({0, 0}, word, 0, zeros[word])) << word;
    EXPECT_TRUE(is_number({~uint64_t{0}, ~uint64_t{0}}, 4 * last_block + word, 15, ones[word])) << word;
  }
}

TEST(Dropout, DecidesByPlaceAlone) {
  const MaskSource source{42, 7, uint32_t{1} << 31};
  uint16_t all[64], part[64];
  keep_bits(source, 0, 64, all);
  for (int64_t first = 0; first < 9; ++first)
    for (int64_t count = 0; count < 9; ++count) {
      keep_bits(source, first, count, part);
      for (int64_t i = 0; i < count; ++i) EXPECT_EQ(part[i], all[first + i]) << first << " " << i;
    }
}

TEST(Dropout, DropsTheShareThatItIsAskedFor) {
  for (const double probability : {0.1, 0.5, 0.9}) {
    const Tensor factors = DropoutMask{3, 5, probability}.factors({1000, 1000}, at::kDouble);
    EXPECT_NEAR(factors.eq(0).to(at::kDouble).mean().item<double>(), probability, 2e-3);
    EXPECT_NEAR(factors.mean().item<double>(), 1, 5e-3);
    EXPECT_NEAR(factors.max().item<double>(), 1 / (1 - probability), 1e-12);
  }
}

TEST(Dropout, DrawsAreIndependent) {
  const auto mask = [](uint64_t seed, uint64_t draw) {
    return DropoutMask{seed, draw, 0.5}.factors({1000, 100}, at::kDouble) - 1;  // −1 or 1
  };
  for (const auto& [seed, draw] : {std::pair<uint64_t, uint64_t>{1, 1}, {2, 0}, {1, uint64_t{1} << 32}})
    EXPECT_LT(std::abs((mask(1, 0) * mask(seed, draw)).mean().item<double>()), 0.015);
}

TEST(Dropout, GoesBackInItsStream) {
  const Dropout dropout(0.3, 0.2, 42);
  const Tensor ones = at::ones({8, 20});
  dropout.hidden(ones);
  const int64_t draws = dropout.draws();
  const Tensor first = dropout.hidden(ones);
  EXPECT_FALSE(dropout.hidden(ones).equal(first));
  dropout.go_to(draws);
  EXPECT_TRUE(dropout.hidden(ones).equal(first));
}

TEST(Dropout, SeedsTheGeneratorOfADevice) {
  const auto numbers = [](uint64_t seed, uint64_t draw) {
    DropoutMask{seed, draw, 0.5}.seed_generator(at::kCPU);
    return at::rand({100});
  };
  const Tensor first = numbers(3, 5);
  EXPECT_FALSE(at::equal(first, numbers(3, 6)));
  EXPECT_FALSE(at::equal(first, numbers(4, 5)));
  EXPECT_TRUE(at::equal(first, numbers(3, 5)));
}

TEST(Dropout, DrawsNothingAtZero) {
  const Dropout dropout(0, 0, 42);
  const Tensor ones = at::ones({8, 20});
  EXPECT_TRUE(dropout.hidden(ones).equal(ones));
  EXPECT_FALSE(dropout.attention_masks(3).drops());
  EXPECT_EQ(dropout.draws(), 0);
}

}  // namespace
}  // namespace angle
