// Pins: V-measure on examples worked out by hand; the names of clusters do
// not matter; a single class or cluster has a defined value.
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

TEST(VMeasure, IsOneForASingleClassInOneCluster) {
  EXPECT_DOUBLE_EQ(v_measure(Contingency(Labels{4, 4}, Labels{1, 1}).cells()).v, 1.0);
}

}  // namespace
}  // namespace angle
