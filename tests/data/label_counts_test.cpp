// Invariants:
// - few labels are counted one by one, many in ten bars of equal width that hold all of them;
// - range and total are exact, and memory bounded, whatever comes.
#include "data/label_counts.h"

#include <numeric>

#include <gtest/gtest.h>

namespace angle {
namespace {

int64_t total(const std::vector<HistogramBar>& bars) {
  return std::accumulate(bars.begin(), bars.end(), int64_t{0},
                         [](int64_t sum, const HistogramBar& bar) { return sum + bar.count; });
}

TEST(LabelCounts, ShowsFewLabelsOneByOne) {
  LabelCounts counts;
  for (const double label : {1.0, 0.0, 1.0, 1.0}) counts.add(label);
  const auto bars = counts.histogram();
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[0].low, 0);
  EXPECT_EQ(bars[0].high, 0);
  EXPECT_EQ(bars[0].count, 1);
  EXPECT_EQ(bars[1].count, 3);
}

TEST(LabelCounts, ShowsManyLabelsInTenBars) {
  LabelCounts counts;
  for (int i = 0; i <= 100; ++i) counts.add(i);
  const auto bars = counts.histogram();
  ASSERT_EQ(bars.size(), 10u);
  EXPECT_EQ(bars.front().low, 0);
  EXPECT_EQ(bars.back().high, 100);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(bars[i].count, 10);
  EXPECT_EQ(bars[9].count, 11);  // with the highest
}

TEST(LabelCounts, AreExactlyAsManyAfterMerging) {
  LabelCounts counts;
  for (int i = 0; i < 20'000; ++i) counts.add(i);
  EXPECT_EQ(counts.count(), 20'000);
  EXPECT_EQ(counts.lowest(), 0);
  EXPECT_EQ(counts.highest(), 19'999);
  const auto bars = counts.histogram();
  EXPECT_EQ(total(bars), 20'000);
  for (const HistogramBar& bar : bars) EXPECT_NEAR(static_cast<double>(bar.count), 2000, 40);
  EXPECT_NEAR(static_cast<double>(counts.below(5000)), 5000, 40);
}

TEST(LabelCounts, TakesTheWidestScale) {
  LabelCounts counts;
  for (int i = 0; i < 20; ++i) counts.add((i - 10) * 1.7e307);
  EXPECT_EQ(total(counts.histogram()), 20);
}

}  // namespace
}  // namespace angle
