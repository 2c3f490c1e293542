// Invariants:
// - passes: weight times size, at most max_rows; without any option the weights are untouched;
// - a temperature takes powers of that and keeps the sum; rows_per_epoch is the sum when it is given;
// - proportions: shares of the epoch whatever the sizes;
// - a data set without weight has no rows; epochs of the sampler have the rows that were asked for, the
//   same for the same seed.
#include "angle/data/mixing.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> rows(const std::vector<MixedSet>& sets, const MixingOptions& options) {
  std::vector<int64_t> rows;
  for (const DataSetShare& share : mix(sets, options))
    rows.push_back(std::llround(share.weight * static_cast<double>(share.size)));
  return rows;
}

TEST(Mix, LeavesWeightsAloneWithoutOptions) {
  const std::vector<MixedSet> sets{
      {.size = 100, .weight = 0.3}, {.size = 7, .weight = 2}, {.size = 5, .weight = 0}};
  const auto shares = mix(sets, {});
  EXPECT_EQ(shares[0].weight, 0.3);
  EXPECT_EQ(shares[1].weight, 2);
  EXPECT_EQ(shares[2].weight, 0);
}

TEST(Mix, LimitsTheRowsOfADataSet) {
  EXPECT_THAT(rows({{.size = 1000, .max_rows = 300}, {.size = 100, .max_rows = 300}}, {}),
              ElementsAre(300, 100));
}

TEST(Mix, DividesByPowersWithATemperature) {
  // √10000 : √100 = 10 : 1 of 10100 rows.
  EXPECT_THAT(rows({{.size = 10'000}, {.size = 100}}, {.temperature = 2}), ElementsAre(9182, 918));
  EXPECT_THAT(
      rows({{.size = 10'000, .max_rows = 400}, {.size = 100}}, {.temperature = 2, .rows_per_epoch = 90}),
      ElementsAre(60, 30));
}

TEST(Mix, DividesAnEpochByItsProportions) {
  EXPECT_THAT(rows({{.size = 10'000, .weight = 1}, {.size = 100, .weight = 3}},
                   {.rule = MixingRule::proportions, .rows_per_epoch = 400}),
              ElementsAre(100, 300));
  EXPECT_THAT(rows({{.size = 300, .weight = 1}, {.size = 100, .weight = 1}, {.size = 1000, .weight = 0}},
                   {.rule = MixingRule::proportions}),
              ElementsAre(200, 200, 0));
}

TEST(Mix, GivesEpochsOfTheSamplerTheirProportions) {
  const std::vector<MixedSet> sets{{.size = 1000, .weight = 1}, {.size = 50, .weight = 3}};
  const MixingOptions options{.rule = MixingRule::proportions, .rows_per_epoch = 400};
  const Sampler sampler(mix(sets, options), 10, 42), again(mix(sets, options), 10, 42);
  ASSERT_EQ(sampler.batches_per_epoch(), 40);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> counts(2);
    for (int64_t number = 40 * epoch; number < 40 * (epoch + 1); ++number) {
      const SampledBatch batch = sampler.batch(number);
      counts[batch.data_set] += static_cast<int64_t>(batch.rows.size());
      EXPECT_EQ(batch.rows, again.batch(number).rows);
    }
    EXPECT_THAT(counts, ElementsAre(100, 300));
  }
}

}  // namespace
}  // namespace angle
