// Pins: V-measure on examples worked out by hand; the names of clusters do
// not matter; a single class or cluster has a defined value; no score is negative.
#include "angle/eval/v_measure.h"

#include <vector>

#include <gtest/gtest.h>

namespace angle {
namespace {

using Labels = std::vector<int64_t>;

TEST(VMeasure, IsOneForTheSamePartition) {
  EXPECT_DOUBLE_EQ(v_measure(Contingency(Labels{0, 0, 1, 1}, Labels{7, 7, 3, 3}).cells()).v, 1.0);
}

TEST(VMeasure, SplitsIntoHomogeneityAndCompleteness) {
  // Classes of two, one of them split: every cluster is pure, H(cluster | class) = ½ ln 2, H(cluster) = 1.5
  // ln 2.
  const VMeasure split = v_measure(Contingency(Labels{0, 0, 1, 1}, Labels{0, 0, 1, 2}).cells());
  EXPECT_DOUBLE_EQ(split.homogeneity, 1.0);
  EXPECT_NEAR(split.completeness, 1 - 0.5 / 1.5, 1e-12);
  EXPECT_NEAR(split.v, 0.8, 1e-12);
  const VMeasure merged = v_measure(Contingency(Labels{0, 0, 1, 2}, Labels{0, 0, 1, 1}).cells());
  EXPECT_DOUBLE_EQ(merged.completeness, 1.0);
  EXPECT_NEAR(merged.v, 0.8, 1e-12);
}

TEST(VMeasure, IsZeroForOneClusterOfSeveralClasses) {
  const VMeasure all = v_measure(Contingency(Labels{0, 0, 1, 1}, Labels{0, 0, 0, 0}).cells());
  EXPECT_NEAR(all.homogeneity, 0.0, 1e-12);
  EXPECT_DOUBLE_EQ(all.completeness, 1.0);
  EXPECT_NEAR(all.v, 0.0, 1e-12);
  EXPECT_NEAR(v_measure(Contingency(Labels{0, 1, 0, 1}, Labels{0, 0, 1, 1}).cells()).v, 0.0, 1e-12);
}

TEST(VMeasure, IsNeverNegative) {
  // Of each class as many items in each cluster: nothing is explained, but for rounding.
  for (int64_t classes = 2; classes < 8; ++classes)
    for (int64_t clusters = 1; clusters < 8; ++clusters) {
      Labels rows, columns;
      for (int64_t item = 0; item < classes * clusters; ++item) {
        rows.push_back(item % classes);
        columns.push_back(item / classes);
      }
      const VMeasure score = v_measure(Contingency(rows, columns).cells());
      EXPECT_GE(score.homogeneity, 0.0) << classes << " classes, " << clusters << " clusters";
      EXPECT_NEAR(score.homogeneity, 0.0, 1e-12);
      EXPECT_GE(score.completeness, 0.0) << classes << " classes, " << clusters << " clusters";
      EXPECT_GE(score.v, 0.0) << classes << " classes, " << clusters << " clusters";
    }
}

TEST(VMeasure, IsOneForASingleClassInOneCluster) {
  EXPECT_DOUBLE_EQ(v_measure(Contingency(Labels{4, 4}, Labels{1, 1}).cells()).v, 1.0);
}

}  // namespace
}  // namespace angle
