// Pins: average precision, F1 and accuracy equal scikit-learn's, tied scores being one step; the threshold is
// half-way to the next lower score, the highest of equally good ones; what has no value is empty;
// a resample scores as the pairs that it holds.
#include "angle/eval/binary_classification.h"

#include <cmath>

#include <gtest/gtest.h>

#include "angle/io/json.h"
#include "angle/random.h"

#include "support/golden.h"

namespace angle {
namespace {

using Values = std::vector<double>;

TEST(BinaryClassification, EqualsScikitLearnOnEveryGoldenCase) {
  ANGLE_REQUIRE_GOLDEN(path, "metrics/binary.json");
  const json golden = read_json(path);
  ASSERT_EQ(golden.at("cases").size(), 3u);
  for (const json& expected : golden.at("cases")) {
    SCOPED_TRACE(expected.at("name").get<std::string>());
    const auto labels = expected.at("labels").get<Values>();
    const auto scores = expected.at("scores").get<Values>();
    EXPECT_NEAR(average_precision(scores, labels).value(), expected.at("average_precision"), 1e-12);
    const BestThresholds best = best_thresholds(scores, labels).value();
    EXPECT_NEAR(best.f1, expected.at("best_f1").at("threshold_midpoint"), 1e-12);
    EXPECT_NEAR(best.accuracy, expected.at("best_accuracy").at("threshold_midpoint"), 1e-12);
    const Confusion by_f1 = confusion_at(best.f1, scores, labels);
    EXPECT_NEAR(by_f1.f1(), expected.at("best_f1").at("value"), 1e-12);
    EXPECT_NEAR(by_f1.precision(), expected.at("best_f1").at("precision"), 1e-12);
    EXPECT_NEAR(by_f1.recall(), expected.at("best_f1").at("recall"), 1e-12);
    EXPECT_NEAR(confusion_at(best.accuracy, scores, labels).accuracy(),
                expected.at("best_accuracy").at("value"), 1e-12);
    EXPECT_NEAR(confusion_at(0.5, scores, labels).accuracy(), expected.at("accuracy_at_0.5"), 1e-12);
    EXPECT_NEAR(confusion_at(0.5, scores, labels).f1(), expected.at("f1_at_0.5"), 1e-12);
  }
}

TEST(BinaryClassification, IsPerfectForAPerfectOrder) {
  const Values labels{1, 1, 0}, scores{0.9, 0.4, 0.2};
  EXPECT_EQ(average_precision(scores, labels), 1.0);
  EXPECT_DOUBLE_EQ(best_thresholds(scores, labels)->f1, 0.3);
  EXPECT_EQ(confusion_at(0.3, scores, labels).accuracy(), 1.0);
}

TEST(BinaryClassification, UsesTheLowestScoreWhenAllShouldBePositive) {
  const Values ones{1, 1}, scores{0.9, 0.4};
  EXPECT_DOUBLE_EQ(best_thresholds(scores, ones)->f1, 0.4);
  EXPECT_EQ(confusion_at(2.0, scores, ones).f1(), 0.0);
  EXPECT_EQ(confusion_at(2.0, scores, ones).precision(), 0.0);
}

TEST(BinaryClassification, IsEmptyWithoutPositivesAndForNaN) {
  EXPECT_EQ(average_precision(Values{0.1, 0.2}, Values{0, 0}), std::nullopt);
  EXPECT_FALSE(best_thresholds(Values{0.1, NAN}, Values{0, 1}).has_value());
  EXPECT_EQ(average_precision(Values{}, Values{}), std::nullopt);
}

TEST(BinaryClassification, OfAResampleIsThatOfThePairsItHolds) {
  SplitMix64 random(5);
  Values scores, labels, drawn_scores, drawn_labels;
  ResampleCounts counts;
  for (int i = 0; i < 80; ++i) {
    scores.push_back(static_cast<double>(random.below(12)) / 12);  // ties
    labels.push_back(static_cast<double>(random.below(2)));
    counts.push_back(static_cast<uint32_t>(random.below(3)));
    drawn_scores.insert(drawn_scores.end(), counts.back(), scores.back());
    drawn_labels.insert(drawn_labels.end(), counts.back(), labels.back());
  }
  const ResampledPrecision precision(scores, labels);
  EXPECT_NEAR(precision(counts), *average_precision(drawn_scores, drawn_labels), 1e-12);
  EXPECT_NEAR(precision(ResampleCounts(80, 1)), *average_precision(scores, labels), 1e-12);
  EXPECT_TRUE(std::isnan(precision(ResampleCounts(80, 0))));
  const Confusion resampled = confusion_at(0.5, scores, labels, counts);
  const Confusion drawn = confusion_at(0.5, drawn_scores, drawn_labels);
  EXPECT_EQ(resampled.true_positives, drawn.true_positives);
  EXPECT_EQ(resampled.false_positives, drawn.false_positives);
  EXPECT_EQ(resampled.false_negatives, drawn.false_negatives);
  EXPECT_EQ(resampled.true_negatives, drawn.true_negatives);
}

}  // namespace
}  // namespace angle
