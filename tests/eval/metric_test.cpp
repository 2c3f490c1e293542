// Pins: the ten metrics have the names `similarity_statistic`; names are read back; a misspelt one names the
// nearest.
#include "angle/eval/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

TEST(Metric, HasANameForEachSimilarityAndStatistic) {
  std::vector<std::string> names;
  for (const Metric& metric : all_metrics()) names.push_back(to_string(metric));
  EXPECT_THAT(names,
              ::testing::ElementsAre("cosine_pearson", "cosine_spearman", "dot_pearson", "dot_spearman",
                                     "euclidean_pearson", "euclidean_spearman", "manhattan_pearson",
                                     "manhattan_spearman", "angle_pearson", "angle_spearman"));
}

TEST(Metric, IsReadBackFromItsName) {
  for (const Metric& metric : all_metrics()) EXPECT_EQ(parse_metric(to_string(metric), "--metric"), metric);
  EXPECT_EQ(to_string(Metric{}), "cosine_spearman");
}

TEST(Metric, NamesTheNearestForAMisspeltOne) {
  EXPECT_ERROR(parse_metric("cosine_spaerman", "--metric"), "--metric cosine_spaerman: unknown metric",
               "did you mean \"cosine_spearman\"?", "angle_pearson");
  EXPECT_ERROR(parse_metric("", "evaluation.metric"), "evaluation.metric",
               "unknown metric (metrics: cosine_pearson");
}

}  // namespace
}  // namespace angle
