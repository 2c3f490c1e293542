// Invariants:
// - no batch has a text in two rows; every row is in at most one batch; no batch exceeds its size or is
//   empty;
// - rows are left out only where a text is in more rows than there are batches, or where no exchange helps;
// - rows without equal texts stay in their order.
#include "angle/data/distinct_batches.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/random.h"

namespace angle {
namespace {

using TextKeys = std::vector<std::vector<uint64_t>>;
using Batches = std::vector<std::vector<int64_t>>;
using ::testing::ElementsAre;

int64_t placed(const Batches& batches) {
  int64_t count = 0;
  for (const auto& batch : batches) count += static_cast<int64_t>(batch.size());
  return count;
}

void expect_distinct(const Batches& batches, const TextKeys& texts) {
  std::set<int64_t> rows;
  for (const auto& batch : batches) {
    std::set<uint64_t> seen;
    for (const int64_t row : batch) {
      EXPECT_TRUE(rows.insert(row).second) << "row " << row << " is in two batches";
      const auto& own = texts[static_cast<size_t>(row)];
      for (const uint64_t text : std::set<uint64_t>(own.begin(), own.end()))
        EXPECT_TRUE(seen.insert(text).second) << "text " << text << " is twice in a batch";
    }
  }
}

TEST(DistinctBatches, KeepTheOrderOfRowsWithoutEqualTexts) {
  const TextKeys texts{{1, 2}, {3, 4}, {5, 5}, {6, 7}, {8, 9}};
  EXPECT_THAT(distinct_batches(texts, std::vector<int64_t>{2, 2, 1}),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4)));
}

TEST(DistinctBatches, PutARowWithAnEqualTextIntoTheNextBatchAndFillItsPlace) {
  const TextKeys texts{{1, 2}, {1, 3}, {4, 5}, {6, 7}};
  EXPECT_THAT(distinct_batches(texts, std::vector<int64_t>{2, 2}),
              ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
}

TEST(DistinctBatches, ExchangeARowThatFitsNowhereElse) {
  // Row 3 meets its text in the only batch with room; row 0 or 1 changes places with it.
  const TextKeys texts{{1, 2}, {3, 4}, {9, 5}, {9, 6}};
  const Batches batches = distinct_batches(texts, std::vector<int64_t>{2, 2});
  EXPECT_EQ(placed(batches), 4);
  expect_distinct(batches, texts);
}

TEST(DistinctBatches, LeaveOutWhatIsInMoreRowsThanThereAreBatches) {
  const TextKeys texts(6, {1, 2});
  EXPECT_THAT(distinct_batches(texts, std::vector<int64_t>{3, 3}),
              ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(DistinctBatches, StayFullOnRandomRowsWithManyEqualTexts) {
  SplitMix64 random(7);
  for (int trial = 0; trial < 20; ++trial) {
    TextKeys texts;
    for (int row = 0; row < 16 * 32; ++row) texts.push_back({random.below(200), 1000 + random.below(400)});
    const Batches batches = distinct_batches(texts, std::vector<int64_t>(16, 32));
    expect_distinct(batches, texts);
    EXPECT_GE(placed(batches), 16 * 32 - 3);
    for (const auto& batch : batches) EXPECT_LE(batch.size(), 32u);
  }
}

}  // namespace
}  // namespace angle
