// Invariants:
// - below its size a table holds every key with its value;
// - above it, it holds a part of the keys, from their first appearance on, and sums times scale() estimate
//   the sums over all keys;
// - it never holds more keys than it is allowed.
#include "data/sampled_table.h"

#include <gtest/gtest.h>

#include "angle/io/checksum.h"

namespace angle {
namespace {

uint64_t key(int i) { return text_hash(std::to_string(i)); }

struct Sums {
  int64_t keys = 0, values = 0;
};

Sums sums(const SampledTable<int64_t>& table) {
  Sums sums;
  table.for_each([&](uint64_t, int64_t value) {
    ++sums.keys;
    sums.values += value;
  });
  return sums;
}

TEST(SampledTable, HoldsEverythingBelowItsSize) {
  SampledTable<int64_t> table(1000);
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 1000; ++i) ++*table.find(key(i));
  EXPECT_EQ(table.scale(), 1);
  EXPECT_EQ(sums(table).keys, 1000);
  table.for_each([](uint64_t, int64_t value) { EXPECT_EQ(value, 3); });
}

TEST(SampledTable, TakesAHashOfZero) {
  SampledTable<int64_t> table(4);
  *table.find(0) = 5;
  EXPECT_EQ(sums(table).values, 5);
}

TEST(SampledTable, EstimatesFromAPartAboveItsSize) {
  SampledTable<int64_t> table(1000);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 50'000; ++i)
      if (int64_t* value = table.find(key(i))) ++*value;
  const Sums found = sums(table);
  EXPECT_LE(found.keys, 1000);
  EXPECT_GE(table.scale(), 64);
  EXPECT_EQ(found.values, 2 * found.keys);  // a key that is kept was kept from the beginning
  EXPECT_NEAR(static_cast<double>(found.keys * table.scale()), 50'000, 7'500);
}

}  // namespace
}  // namespace angle
