// Pins: differences are paired, so two models that fail on the same pairs are told apart although their own
// intervals overlap; a model and itself differ by exactly 0 with p = 1; the paired bootstrap agrees with
// Williams' test for correlations that share a variable; only what both reports have is compared.
#include "angle/eval/compare.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/error.h"
#include "angle/eval/correlation.h"
#include "angle/random.h"

#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Values = std::vector<double>;

const std::vector<Metric> kCosine{{Similarity::cosine, Statistic::pearson},
                                  {Similarity::cosine, Statistic::spearman}};

/// A label plus noise that is the same for every `shared` and noise of its own.
struct NoisyModel {
  double shared_noise;
  double own_noise;
  uint64_t seed;
};

/// The report of a model on STS-B and STS12 made of random labels.
class Reports {
 public:
  Reports() {
    SplitMix64 random(11);
    std::string lines = "sentence1\tsentence2\tscore\n";
    for (int i = 0; i < 400; ++i)
      lines += fmt::format("text {}\tother {}\t{}\n", i, i, static_cast<int>(random.below(26)) / 5.0);
    data_.file("stsb/test.tsv", lines);
    data_.file("sts12/test.tsv", lines + "one\tmore\t3\n");
  }

  EvaluationReport of(const NoisyModel& model, std::vector<std::string> tasks = {"sts"}) const {
    EvaluateOptions options;
    options.tasks = std::move(tasks);
    options.data_dir = data_.path();
    options.bootstrap.resamples = 2000;
    return evaluate_tasks([&](auto pairs, const auto&) { return score(pairs, model); }, options);
  }

 private:
  static StsScores score(std::span<const ScoredPair> pairs, const NoisyModel& model) {
    SplitMix64 shared(5), own(model.seed);
    Values scores, labels;
    for (const ScoredPair& pair : pairs) {
      scores.push_back(pair.label + model.shared_noise * shared.uniform() + model.own_noise * own.uniform());
      labels.push_back(pair.label);
    }
    StsScores result;
    result.pairs = static_cast<int64_t>(pairs.size());
    result.correlations[0] = {pearson(scores, labels), spearman(scores, labels), ""};
    result.similarities[0] = scores;
    return result;
  }

  testing::TempDir data_;
};

TEST(Compare, FindsADifferenceThatOverlappingIntervalsHide) {
  const Reports reports;
  const auto good = reports.of({6, 0.5, 1}), bad = reports.of({6, 2.5, 2});
  const auto differences = compare(good, bad, kCosine);
  ASSERT_THAT(differences, SizeIs(6));  // two files and an average, two metrics each
  for (const ScoreDifference& difference : differences) {
    EXPECT_GT(difference.difference(), 0);
    EXPECT_GT(difference.interval->low, 0);
    EXPECT_LT(difference.interval->low, difference.difference());
    EXPECT_GT(difference.interval->high, difference.difference());
    EXPECT_LT(difference.p_value, 0.05);
  }
  const auto own = confidence_interval(resampled_values(good.evaluations[0].resampled, kCosine[0]));
  const auto other = confidence_interval(resampled_values(bad.evaluations[0].resampled, kCosine[0]));
  EXPECT_GT(other->high, own->low);
}

TEST(Compare, SeesNoDifferenceBetweenAModelAndItself) {
  const Reports reports;
  const auto report = reports.of({6, 0.5, 1});
  const auto differences = compare(report, report, kCosine);
  ASSERT_THAT(differences, SizeIs(6));
  for (const ScoreDifference& difference : differences) {
    EXPECT_EQ(difference.difference(), 0);
    EXPECT_EQ(difference.interval->low, 0);
    EXPECT_EQ(difference.interval->high, 0);
    EXPECT_EQ(difference.p_value, 1);
  }
}

/// Williams' t for two correlations with the same variable (Williams 1959; Steiger, Psychological Bulletin
/// 1980, eq. 7), and its normal p-value.
double williams_p(double r1, double r2, double between, double n) {
  const double determinant = 1 - r1 * r1 - r2 * r2 - between * between + 2 * r1 * r2 * between;
  const double mean = (r1 + r2) / 2;
  const double t =
      (r1 - r2) * std::sqrt((n - 1) * (1 + between) /
                            (2 * (n - 1) / (n - 3) * determinant + mean * mean * std::pow(1 - between, 3)));
  return std::erfc(std::abs(t) / std::sqrt(2.0));
}

TEST(Compare, AgreesWithWilliamsTest) {
  const Reports reports;
  int seen = 0;
  for (const uint64_t seed : {2, 3, 4, 6, 7, 8}) {
    const auto one = reports.of({6, 2.0, 1}, {"stsb"}), two = reports.of({6, 2.4, seed}, {"stsb"});
    const auto difference = compare(one, two, kCosine).at(0);
    const double between =
        *pearson(one.evaluations[0].scores.similarities[0], two.evaluations[0].scores.similarities[0]);
    const double expected = williams_p(difference.score, difference.other, between, 400);
    EXPECT_NEAR(*difference.p_value, expected, 0.1) << seed;  // it assumes normal numbers, these are uniform
    seen += expected > 0.01 && expected < 0.9 ? 1 : 0;
  }
  EXPECT_GT(seen, 2);  // not all of them clear cases
}

TEST(Compare, LeavesOutWhatOnlyOneReportHas) {
  const Reports reports;
  const auto both = reports.of({6, 0.5, 1}), one = reports.of({6, 0.5, 2}, {"stsb"});
  const auto differences = compare(both, one, kCosine);
  ASSERT_THAT(differences, SizeIs(2));
  EXPECT_EQ(differences[0].task, "stsb");
  EXPECT_THAT(compare(one, both, std::vector<Metric>{{Similarity::dot, Statistic::pearson}}), IsEmpty());
}

TEST(CompareOwnData, PairsScoresByTheirNames) {
  const OwnDataTask task{OwnDataKind::pairs, "p.tsv", "pairs:p.tsv"};
  const std::vector<OwnDataResult> ours{{task,
                                         {{"cosine_f1", 0.75, false, Similarity::cosine, {0.65, 0.75, 0.85}},
                                          {"cosine_f1_threshold", 0.6, true, Similarity::cosine},
                                          {"dot_f1", 0.5, false, Similarity::dot, {0.4, 0.5, 0.6}},
                                          {"ndcg@10", 0.5, false, {}, {0.5, 0.5, 0.5}},
                                          {"bm25_ndcg@10", 0.3, false, {}, {0.3, 0.3, 0.3}, true}},
                                         ""}};
  const std::vector<OwnDataResult> theirs{{task,
                                           {{"ndcg@10", 0.25, false, {}, {0.25, 0.25, 0.25}},
                                            {"bm25_ndcg@10", 0.3, false, {}, {0.3, 0.3, 0.3}, true},
                                            {"cosine_f1", 0.5, false, Similarity::cosine, {0.4, 0.5, 0.6}}},
                                           ""}};
  const auto differences = compare_own_data(ours, theirs, kCosine);
  ASSERT_THAT(differences, SizeIs(2));
  EXPECT_EQ(differences[0].task, "pairs:p.tsv");
  EXPECT_EQ(differences[0].metric, "cosine_f1");
  EXPECT_DOUBLE_EQ(differences[0].difference(), 0.25);
  EXPECT_DOUBLE_EQ(differences[0].interval->low, 0.25);
  EXPECT_EQ(differences[1].metric, "ndcg@10");
}

TEST(CompareOwnData, NamesTheSplit) {
  const std::vector<OwnDataResult> dev{
      {{OwnDataKind::retrieval, "faq", "retrieval:faq", "dev"}, {{"ndcg@10", 0.5}}, ""}};
  EXPECT_EQ(compare_own_data(dev, dev, kCosine).at(0).split, "dev");
}

TEST(FormatComparison, IsATable) {
  EvaluationReport other;
  const ScoreDifference difference{"stsb", "test", "cosine_spearman", 0.82032, 0.83, Interval{-0.02, 0.001},
                                   0.0712};
  const ScoreDifference average{"average sts", "", "cosine_spearman", 0.5, 0.25, std::nullopt, std::nullopt};
  EXPECT_EQ(format_comparison(std::vector{difference, average}, other, {}, {"runs/b", "BERT"}), R"(
other: runs/b
pipeline: BERT

task         split  metric           model  other  difference  95 % interval       p
stsb         test   cosine_spearman  82.03  83.00       -0.97  [-2.00 +0.10]  0.0712
average sts         cosine_spearman  50.00  25.00      +25.00            n/a     n/a

difference: model - other, x 100; interval and p (two-sided, of no difference): 10000 resamples, the same for both models
)");
  const nlohmann::json result = comparison_json(std::vector{difference, average}, other, {"runs/b", "BERT"});
  EXPECT_EQ(result.at("model"), "runs/b");
  EXPECT_EQ(result.at("differences").at(0).at("interval"), nlohmann::json::parse("[-0.02, 0.001]"));
  EXPECT_TRUE(result.at("differences").at(1).at("p_value").is_null());
}

TEST(FormatComparison, HasNoColumnOfSplitsWithoutAnyAndTheRemarksOnTheOtherModel) {
  const ScoreDifference difference{"retrieval:faq", "", "ndcg@10", 0.5, 0.25, std::nullopt, std::nullopt};
  const std::vector<OwnDataResult> own_data{
      {{OwnDataKind::retrieval, "faq", "retrieval:faq"}, {}, "9 queries; 2 of 40 texts were cut"}};
  const std::string text =
      format_comparison(std::vector{difference}, EvaluationReport{}, own_data, {"runs/b", "BERT"});
  EXPECT_THAT(text, AllOf(HasSubstr("\ntask           metric   model  other  difference  95 % interval    p\n"
                                    "retrieval:faq  ndcg@10  50.00  25.00      +25.00            n/a  n/a\n"),
                          HasSubstr("\nother: retrieval:faq: 9 queries; 2 of 40 texts were cut\n")));
}

TEST(FormatComparison, TellsTheNotesOfAFileByItsName) {
  EvaluationReport other;
  const TaskSpec file{.name = "mine.tsv"};
  other.evaluations.resize(1);
  other.evaluations[0].task = &file;
  other.evaluations[0].notes = {"seen in training"};
  EXPECT_THAT(format_comparison({}, other, {}, {"runs/b", "BERT"}),
              AllOf(HasSubstr("\nno difference: no score is defined for both\n"),
                    HasSubstr("\n* other: mine.tsv: seen in training\n")));
}

}  // namespace
}  // namespace angle
