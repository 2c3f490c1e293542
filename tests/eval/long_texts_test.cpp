// Pins: the difference between long texts cut and in windows is paired, of the same resamples; it says how
// many texts are too long; thresholds, baselines and other similarities are left out.
#include "angle/eval/long_texts.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<double>;

const std::vector<Metric> kDefaultMetric{Metric{}};

class LongTextComparison : public ::testing::Test {
 protected:
  /// A report on 100 pairs with labels 0 to 5, whose cosines are the labels but for a wave.
  EvaluationReport report(double wave, int64_t cut_texts, int64_t resamples = 200) const {
    std::string lines = "sentence1\tsentence2\tscore\n";
    for (int i = 0; i < 100; ++i)
      lines += "text " + std::to_string(i) + "\tother\t" + std::to_string(i % 6) + "\n";
    data_.file("stsb/test.tsv", lines);
    const PairScorer scorer = [&](std::span<const ScoredPair> pairs, const TextProgress&) {
      StsScores scores{.pairs = 100, .texts = 101, .cut_texts = cut_texts};
      Values labels, cosines;
      for (const ScoredPair& pair : pairs) {
        labels.push_back(pair.label);
        cosines.push_back(pair.label + wave * std::sin(static_cast<double>(labels.size())));
      }
      scores.correlations[0] = correlate(cosines, labels);
      scores.similarities[0] = cosines;
      return scores;
    };
    EvaluateOptions options;
    options.data_dir = data_.path();
    options.bootstrap.resamples = resamples;
    return evaluate_tasks(scorer, options);
  }

  testing::TempDir data_;
};

const std::vector<OwnDataResult> kCut{{{OwnDataKind::pairs, "p.tsv", "pairs:p.tsv"},
                                       {{"cosine_f1", 0.5, false, Similarity::cosine, {0.4, 0.5, 0.6}},
                                        {"cosine_f1_threshold", 0.6, true, Similarity::cosine},
                                        {"dot_f1", 0.5, false, Similarity::dot, {0.4, 0.5, 0.6}},
                                        {"tf_idf_average_precision", 0.3, false, {}, {0.3, 0.3, 0.3}, true}},
                                       "9 pairs",
                                       {.texts = 18, .texts_cut = 7}}};

std::vector<OwnDataResult> in_windows() {
  std::vector<OwnDataResult> results = kCut;
  results[0].scores[0].value = 0.75;
  results[0].scores[0].resampled = {0.65, 0.75, 0.85};
  return results;
}

TEST_F(LongTextComparison, PairsTheScoresOfFiles) {
  const EvaluationReport cut = report(3.0, 4), windows = report(1.0, 0), same = report(3.0, 0);
  const auto differences = compare_long_texts({cut, {}}, {windows, {}}, kDefaultMetric, kDefaultMetric);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].task, "stsb/test");
  EXPECT_EQ(differences[0].texts, 101);
  EXPECT_EQ(differences[0].long_texts, 4);
  EXPECT_EQ(differences[0].cut, cut.evaluations[0].scores.value(Metric{}));
  EXPECT_GT(differences[0].difference(), 0.1);
  EXPECT_GT(differences[0].interval->low, 0.0);
  EXPECT_LT(*differences[0].p_value, 0.05);
  const auto none = compare_long_texts({cut, {}}, {same, {}}, kDefaultMetric, kDefaultMetric);
  EXPECT_EQ(none[0].difference(), 0.0);
  EXPECT_EQ(none[0].interval->high, 0.0);
  EXPECT_EQ(*none[0].p_value, 1.0);
}

TEST_F(LongTextComparison, HasNoIntervalWithoutABootstrap) {
  const EvaluationReport cut = report(3.0, 4, 0), windows = report(1.0, 0, 0);
  const auto differences = compare_long_texts({cut, {}}, {windows, {}}, kDefaultMetric, kDefaultMetric);
  EXPECT_FALSE(differences.at(0).interval.has_value());
  EXPECT_THAT(format_long_texts(differences), HasSubstr("n/a"));
  EXPECT_TRUE(long_texts_json(differences)[0].at("p_value").is_null());
}

TEST_F(LongTextComparison, LeavesOutWhatWindowsDoNotChange) {
  const EvaluationReport none;
  const auto windows = in_windows();
  const auto differences = compare_long_texts({none, kCut}, {none, windows}, kDefaultMetric, kDefaultMetric);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].metric, "cosine_f1");
  EXPECT_DOUBLE_EQ(differences[0].interval->low, 0.25);
  EXPECT_EQ(format_long_texts(differences), R"(
task         metric     texts  too long    cut  in windows  difference    95 % interval       p
pairs:p.tsv  cosine_f1     18         7  50.00       75.00      +25.00  [+25.00 +25.00]  0.5000

too long: texts of more tokens than the model reads; difference: in windows - cut, x 100; interval and p (two-sided, of no difference) of the same resamples for both
)");
  const nlohmann::json written = long_texts_json(differences);
  EXPECT_EQ(written[0].at("long_texts"), 7);
  EXPECT_EQ(written[0].at("windows"), 0.75);
}

TEST_F(LongTextComparison, ShowsTheSimilaritiesThatAreNamedForOwnData) {
  const EvaluationReport none;
  const auto windows = in_windows();
  const std::vector<Metric> dot{{Similarity::dot, Statistic::pearson}};
  const auto differences = compare_long_texts({none, kCut}, {none, windows}, kDefaultMetric, dot);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].metric, "dot_f1");
}

TEST_F(LongTextComparison, NamesTheSplitOfOwnData) {
  const EvaluationReport none;
  std::vector<OwnDataResult> cut = kCut;
  cut[0].task = {OwnDataKind::retrieval, "faq", "retrieval:faq", "dev"};
  const auto differences = compare_long_texts({none, cut}, {none, cut}, kDefaultMetric, kDefaultMetric);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].task, "retrieval:faq dev");
  EXPECT_EQ(differences[0].texts, 18);
}

TEST_F(LongTextComparison, CountsLongTexts) {
  const EvaluationReport none, cut = report(1.0, 4);
  EXPECT_EQ(count_long_texts({cut, kCut}), 11);
  EXPECT_EQ(count_long_texts({none, {}}), 0);
}

}  // namespace
}  // namespace angle
