// Pins: accuracy and macro F1 on worked examples, zero for nothing; the cells of a resample are those of the
// items that it holds.
#include "angle/eval/contingency.h"

#include <gtest/gtest.h>

#include "angle/random.h"

namespace angle {
namespace {

using Numbers = std::vector<int64_t>;

TEST(Contingency, CountsTheItemsOfEachCell) {
  const Contingency table(Numbers{5, 5, 7, 5}, Numbers{5, 9, 9, 5});
  ASSERT_EQ(table.cells().size(), 3u);
  EXPECT_EQ(table.cells()[0].items, 2);
  EXPECT_EQ(table.cells()[1].row, 5);
  EXPECT_EQ(table.cells()[1].column, 9);
}

TEST(Contingency, GivesAccuracyAndMacroF1) {
  const Contingency table(Numbers{0, 0, 1, 2}, Numbers{0, 1, 1, 1});
  EXPECT_DOUBLE_EQ(accuracy(table.cells()), 0.5);
  EXPECT_DOUBLE_EQ(macro_f1(table.cells()), (2.0 / 3 + 2.0 / 4 + 0.0) / 3);
  EXPECT_EQ(accuracy({}), 0.0);
  EXPECT_EQ(macro_f1({}), 0.0);
}

TEST(Contingency, OfAResampleIsThatOfItsItems) {
  SplitMix64 random(4);
  Numbers rows, columns, drawn_rows, drawn_columns;
  ResampleCounts counts;
  for (int i = 0; i < 60; ++i) {
    rows.push_back(static_cast<int64_t>(random.below(4)));
    columns.push_back(static_cast<int64_t>(random.below(5)));
    counts.push_back(rows.back() == 3 ? 0 : static_cast<uint32_t>(random.below(4)));  // a class is left out
    drawn_rows.insert(drawn_rows.end(), counts.back(), rows.back());
    drawn_columns.insert(drawn_columns.end(), counts.back(), columns.back());
  }
  const ContingencyCells resampled = Contingency(rows, columns).resampled(counts);
  const ContingencyCells drawn = Contingency(drawn_rows, drawn_columns).cells();
  EXPECT_EQ(resampled.size(), drawn.size());
  EXPECT_DOUBLE_EQ(accuracy(resampled), accuracy(drawn));
  EXPECT_DOUBLE_EQ(macro_f1(resampled), macro_f1(drawn));
  EXPECT_NE(macro_f1(resampled), macro_f1(Contingency(rows, columns).cells()));
}

}  // namespace
}  // namespace angle
