// Invariants:
// - a permutation holds each number once and is the same on every machine, for ever (fixed values);
// - with weight 1 each row comes once per epoch; other weights take their share and go through all rows
//   before any comes again;
// - with the texts of rows no batch has equal ones, and batches stay full as long as that can be;
// - a batch is a function of seed and number alone, so a run goes on from any step as if it had never
//   stopped.
#include "angle/data/sampler.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using Rows = std::vector<int64_t>;

Rows numbers_below(int64_t size) {
  Rows numbers(static_cast<size_t>(size));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// The rows of one data set in batches [first, first + count), in order.
Rows rows_of(const Sampler& sampler, size_t data_set, int64_t first, int64_t count) {
  Rows rows;
  for (int64_t number = first; number < first + count; ++number) {
    const SampledBatch batch = sampler.batch(number);
    if (batch.data_set == data_set) rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
  }
  return rows;
}

Rows epoch_rows(const Sampler& sampler, size_t data_set, int64_t epoch) {
  return rows_of(sampler, data_set, epoch * sampler.batches_per_epoch(), sampler.batches_per_epoch());
}

TEST(Permutation, HoldsEachNumberOnce) {
  for (const int64_t size : {0, 1, 2, 3, 17, 1000})
    EXPECT_EQ(sorted(permutation(size, 42, 0)), numbers_below(size));
}

TEST(Permutation, NeverChanges) {
  EXPECT_EQ(permutation(8, 42, 0), (Rows{3, 4, 7, 6, 5, 0, 1, 2}));
  EXPECT_EQ(permutation(8, 42, 1), (Rows{2, 1, 5, 3, 0, 6, 4, 7}));
  EXPECT_EQ(permutation(8, 43, 0), (Rows{3, 7, 5, 6, 0, 2, 4, 1}));
}

TEST(Permutation, IsNearlyUniform) {
  // Each of the 24 orders of 4 numbers is expected 1000 times, with a standard deviation of 31.
  std::map<Rows, int> counts;
  for (int64_t epoch = 0; epoch < 24'000; ++epoch) ++counts[permutation(4, 7, epoch)];
  EXPECT_EQ(counts.size(), 24u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 130) << ::testing::PrintToString(order);
}

TEST(Sampler, TakesEachRowOncePerEpoch) {
  const Sampler sampler({{.size = 23}}, 5, 42);
  EXPECT_EQ(sampler.batches_per_epoch(), 5);
  for (int64_t epoch = 0; epoch < 3; ++epoch)
    EXPECT_EQ(sorted(epoch_rows(sampler, 0, epoch)), numbers_below(23));
}

TEST(Sampler, ShufflesEveryEpochAnew) {
  const Sampler sampler({{.size = 100}}, 10, 42);
  EXPECT_NE(epoch_rows(sampler, 0, 0), epoch_rows(sampler, 0, 1));
  EXPECT_NE(epoch_rows(sampler, 0, 0), numbers_below(100));
}

TEST(Sampler, DependsOnTheSeed) {
  const Sampler sampler({{.size = 100}}, 10, 42);
  EXPECT_NE(epoch_rows(sampler, 0, 0), epoch_rows(Sampler({{.size = 100}}, 10, 43), 0, 0));
  EXPECT_EQ(epoch_rows(sampler, 0, 0), epoch_rows(Sampler({{.size = 100}}, 10, 42), 0, 0));
}

TEST(Sampler, FillsEveryBatchButTheLastOfAnEpoch) {
  const Sampler sampler({{.size = 23}}, 5, 42);
  for (int64_t number = 0; number < 10; ++number)
    EXPECT_EQ(sampler.batch(number).rows.size(), number % 5 == 4 ? 3u : 5u) << "batch " << number;
}

TEST(Sampler, MakesOneBatchOfFewerRowsThanItsSize) {
  const Sampler sampler({{.size = 3}}, 8, 42);
  EXPECT_EQ(sampler.batches_per_epoch(), 1);
  EXPECT_EQ(sorted(sampler.batch(0).rows), numbers_below(3));
}

TEST(Sampler, TakesHalfOfTheRowsAndThenTheOtherHalf) {
  const Sampler sampler({{.size = 20, .weight = 0.5}}, 5, 42);
  EXPECT_EQ(sampler.batches_per_epoch(), 2);
  const Rows first = epoch_rows(sampler, 0, 0);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 10u);
  EXPECT_EQ(sorted(rows_of(sampler, 0, 0, 4)), numbers_below(20));
  EXPECT_EQ(sorted(rows_of(sampler, 0, 4, 4)), numbers_below(20));
}

TEST(Sampler, TakesEachRowTwice) {
  const Sampler sampler({{.size = 7, .weight = 2.0}}, 4, 42);
  EXPECT_EQ(sampler.batches_per_epoch(), 4);
  EXPECT_EQ(sorted(epoch_rows(sampler, 0, 0)), (Rows{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
}

TEST(Sampler, TakesNothingOfAWeightOfZeroAndAtLeastOneRowOtherwise) {
  const Sampler sampler({{.size = 10, .weight = 0.0}, {.size = 10, .weight = 1e-6}}, 4, 42);
  EXPECT_EQ(sampler.batches_per_epoch(), 1);
  EXPECT_TRUE(epoch_rows(sampler, 0, 0).empty());
  EXPECT_EQ(epoch_rows(sampler, 1, 0).size(), 1u);
}

TEST(Sampler, MixesDataSetsBatchByBatch) {
  const Sampler sampler({{.size = 400}, {.size = 200, .weight = 2.0}}, 10, 42);
  ASSERT_EQ(sampler.batches_per_epoch(), 80);
  EXPECT_EQ(sorted(epoch_rows(sampler, 0, 0)), numbers_below(400));
  EXPECT_EQ(epoch_rows(sampler, 1, 0).size(), 400u);
  int changes = 0;
  for (int64_t number = 1; number < 80; ++number)
    changes += sampler.batch(number).data_set != sampler.batch(number - 1).data_set;
  EXPECT_GT(changes, 20);  // about 40 when the order is random, 1 when it is not
}

TEST(Sampler, ShufflesDataSetsOfEqualSizeDifferently) {
  const Sampler sampler({{.size = 100}, {.size = 100}}, 10, 42);
  EXPECT_NE(epoch_rows(sampler, 0, 0), epoch_rows(sampler, 1, 0));
}

TEST(Sampler, GoesOnFromAnyBatch) {
  const std::vector<DataSetShare> shares{
      {.size = 23}, {.size = 9, .weight = 0.5}, {.size = 11, .weight = 1.7}};
  const Sampler whole(shares, 4, 42);
  for (int64_t start = 0; start < 3 * whole.batches_per_epoch(); ++start) {
    const Sampler resumed(shares, 4, 42);
    for (int64_t number = start; number < start + 5; ++number) {
      EXPECT_EQ(resumed.batch(number).data_set, whole.batch(number).data_set);
      EXPECT_EQ(resumed.batch(number).rows, whole.batch(number).rows)
          << "batch " << number << " from " << start;
    }
  }
}

TEST(Sampler, GoesBackAsWellAsForward) {
  const Sampler sampler({{.size = 23}}, 5, 42);
  const Rows first = sampler.batch(0).rows;
  sampler.batch(17);
  EXPECT_EQ(sampler.batch(0).rows, first);
}

TEST(Sampler, ShufflesMillionsOfRowsWithoutMemory) {
  constexpr int64_t kRows = 1'500'000, kBatch = 10'000;
  const Sampler sampler({{.size = kRows}}, kBatch, 42);
  std::vector<bool> seen(kRows);
  int64_t ascending = 0;
  Rows first;
  for (int64_t number = 0; number < sampler.batches_per_epoch(); ++number) {
    const Rows rows = sampler.batch(number).rows;
    if (number == 0) first = rows;
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_FALSE(seen[static_cast<size_t>(rows[i])]);
      seen[static_cast<size_t>(rows[i])] = true;
      if (i > 0 && rows[i] > rows[i - 1]) ++ascending;
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), kRows);
  EXPECT_NEAR(static_cast<double>(ascending), kRows / 2.0, 2000);  // standard deviation 354
  EXPECT_NE(sampler.batch(sampler.batches_per_epoch()).rows, first);
  EXPECT_NE(Sampler({{.size = kRows}}, kBatch, 43).batch(0).rows, first);
  EXPECT_EQ((Rows{first[0], first[1], first[2]}), (Rows{1401232, 258525, 1298172}));
}

/// Texts of 60 rows of which three each have the same left one.
std::vector<std::vector<uint64_t>> texts_in_threes(size_t, std::span<const int64_t> rows) {
  std::vector<std::vector<uint64_t>> texts;
  for (const int64_t row : rows)
    texts.push_back({static_cast<uint64_t>(row / 3), 1000 + static_cast<uint64_t>(row)});
  return texts;
}

TEST(Sampler, FillsBatchesWithoutEqualTexts) {
  const Sampler sampler({{.size = 60}}, 15, 42, texts_in_threes);
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    EXPECT_EQ(sorted(epoch_rows(sampler, 0, epoch)), numbers_below(60));
    for (int64_t number = 4 * epoch; number < 4 * (epoch + 1); ++number) {
      const SampledBatch batch = sampler.batch(number);
      EXPECT_EQ(batch.rows.size(), 15u);
      EXPECT_EQ(batch.left_out, 0);
      std::set<int64_t> lefts;
      for (const int64_t row : batch.rows) EXPECT_TRUE(lefts.insert(row / 3).second);
    }
  }
}

TEST(Sampler, CountsRowsThatFitIntoNoBatch) {
  const auto same = [](size_t, std::span<const int64_t> rows) {
    return std::vector<std::vector<uint64_t>>(rows.size(), {7});
  };
  const Sampler sampler({{.size = 10}}, 5, 42, same);
  EXPECT_EQ(sampler.batch(0).rows.size(), 1u);
  EXPECT_EQ(sampler.batch(0).left_out + sampler.batch(1).left_out, 8);
}

TEST(Sampler, GoesOnFromAnyBatchWithoutEqualTexts) {
  const std::vector<DataSetShare> shares{{.size = 400}, {.size = 300, .weight = 0.7}};
  const Sampler whole(shares, 4, 42, texts_in_threes);
  for (int64_t start = 0; start < 2 * whole.batches_per_epoch(); start += 13) {
    const Sampler resumed(shares, 4, 42, texts_in_threes);
    EXPECT_EQ(resumed.batch(start).data_set, whole.batch(start).data_set);
    EXPECT_EQ(resumed.batch(start).rows, whole.batch(start).rows) << "batch " << start;
  }
}

TEST(Sampler, RefusesWhatMakesNoBatch) {
  EXPECT_THROW(Sampler({}, 4, 42), std::invalid_argument);
  EXPECT_THROW(Sampler({{.size = 0}}, 4, 42), std::invalid_argument);
  EXPECT_THROW(Sampler({{.size = 4, .weight = -1}}, 4, 42), std::invalid_argument);
  EXPECT_THROW(Sampler({{.size = 4, .weight = 0}}, 4, 42), std::invalid_argument);
  EXPECT_THROW(Sampler({{.size = 4}}, 0, 42), std::invalid_argument);
}

}  // namespace
}  // namespace angle
