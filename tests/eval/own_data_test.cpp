// Pins: what has a colon is a task on own data, whose kind is checked at once; a score by its name; the table
// and JSON of its results, with intervals when they were resampled; scores are made again of resamples of
// what was kept, none of what was not, and those of a result get all of them at once.
#include "angle/eval/own_data.h"

#include <cmath>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/binary_classification.h"
#include "angle/eval/own_data_resamples.h"

#include "support/expect_error.h"

namespace angle {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsNan;

TEST(ParseOwnDataTask, ReadsKindAndPath) {
  const auto task = parse_own_data_task("pairs:own/a:b.tsv").value();
  EXPECT_EQ(task.kind, OwnDataKind::pairs);
  EXPECT_EQ(task.path, "own/a:b.tsv");
  EXPECT_EQ(task.name, "pairs:own/a:b.tsv");
  EXPECT_EQ(task.split, "");
  EXPECT_EQ(parse_own_data_task("retrieval:/faq")->kind, OwnDataKind::retrieval);
  EXPECT_EQ(parse_own_data_task("retrieval:/faq")->split, "test");
  EXPECT_FALSE(parse_own_data_task("stsb").has_value());
}

TEST(ParseOwnDataTask, TakesTheSplitOfRetrievalFromItsQrels) {
  for (const auto& [name, directory, split] :
       {std::tuple("retrieval:/faq/qrels/dev.tsv", "/faq", "dev"),
        std::tuple("retrieval:own/faq/qrels/train.tsv.gz", "own/faq", "train"),
        std::tuple("retrieval:qrels/dev.tsv", ".", "dev"),
        std::tuple("retrieval:faq/qrels", "faq/qrels", "test"),
        std::tuple("retrieval:faq/dev.tsv", "faq/dev.tsv", "test")}) {
    const OwnDataTask task = parse_own_data_task(name).value();
    EXPECT_EQ(task.path, directory) << name;
    EXPECT_EQ(task.split, split) << name;
    EXPECT_EQ(task.name, name);
  }
  EXPECT_EQ(parse_own_data_task("cluster:faq/qrels/dev.tsv")->path, "faq/qrels/dev.tsv");
}

TEST(ParseOwnDataTask, RefusesWhatIsMistyped) {
  EXPECT_ERROR(parse_own_data_task("retrival:/tmp"), "--task retrival:/tmp: unknown kind of task",
               "did you mean \"retrieval\"?", "pairs, retrieval, classify, cluster");
  EXPECT_ERROR(parse_own_data_task("pairs:", "evaluation.task"),
               "evaluation.task pairs:: no path behind the colon");
}

const std::vector<OwnDataResult> kResults{{{OwnDataKind::pairs, "p.tsv", "pairs:p.tsv"},
                                           {{"cosine_f1", 0.5, false, Similarity::cosine, {0.25, 0.5, 0.75}},
                                            {"cosine_f1_threshold", 0.625, true, Similarity::cosine},
                                            {"dot_f1", 0.75, false, Similarity::dot}},
                                           "9 pairs"},
                                          {{OwnDataKind::cluster, "c.tsv", "cluster:c.tsv"},
                                           {{"v_measure", 1.0, false, {}, {1.0, 1.0, 1.0}}},
                                           "8 texts"}};

TEST(OwnDataResult, HasScoresByName) {
  EXPECT_EQ(kResults[0].value("dot_f1"), 0.75);
  EXPECT_EQ(kResults[0].value("v_measure"), std::nullopt);
}

const std::vector<OwnDataResult> kWithASplit{{{OwnDataKind::retrieval, "faq", "retrieval:faq", "dev"},
                                              {{"ndcg@10", 0.5}, {"mrr@10", 0.25}},
                                              "9 queries"},
                                             kResults[1]};

constexpr BootstrapOptions kThree{.resamples = 3, .seed = 7};
constexpr BootstrapOptions kNone{.resamples = 0};

TEST(FormatOwnData, IsATable) {
  EXPECT_EQ(format_own_data(kResults, std::vector<Metric>{Metric{}}, kThree),
            R"(task           metric                score    95 % interval
pairs:p.tsv    cosine_f1             50.00    [26.25 73.75]
               cosine_f1_threshold  0.6250
cluster:c.tsv  v_measure            100.00  [100.00 100.00]

scores x 100, thresholds as they are
intervals: 95 %, percentiles of 3 bootstrap resamples of the pairs, queries or scored texts, seed 7
pairs:p.tsv: 9 pairs
cluster:c.tsv: 8 texts
)");
}

TEST(FormatOwnData, ShowsTheSimilaritiesOfTheMetrics) {
  const std::vector<Metric> dot{{Similarity::dot, Statistic::pearson}};
  const std::string text = format_own_data(kResults, dot, kNone);
  EXPECT_THAT(text,
              ::testing::HasSubstr("pairs:p.tsv    dot_f1      75.00\ncluster:c.tsv  v_measure  100.00\n"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("cosine")));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("interval")));
  EXPECT_THAT(format_own_data(kResults, dot, kThree), ::testing::HasSubstr("75.00              n/a"));
  std::vector<OwnDataResult> few = {kResults[0]};
  few[0].scores[2].resampled = {NAN, NAN, 0.5};
  EXPECT_THAT(
      format_own_data(few, dot, kThree),
      ::testing::HasSubstr("n/a: more than a twentieth of the resamples have no such score: too few"));
}

TEST(FormatOwnData, NamesTheSplitWhereThereIsOne) {
  EXPECT_THAT(format_own_data(kWithASplit, std::vector<Metric>{Metric{}}, kNone),
              ::testing::StartsWith("task           split  metric      score\n"
                                    "retrieval:faq  dev    ndcg@10     50.00\n"
                                    "                      mrr@10      25.00\n"
                                    "cluster:c.tsv         v_measure  100.00\n"));
}

TEST(OwnDataJson, NamesTheSplitWhereThereIsOne) {
  const nlohmann::json results = own_data_json(kWithASplit, kNone);
  EXPECT_EQ(results.at(0).at("split"), "dev");
  EXPECT_TRUE(results.at(1).at("split").is_null());
}

TEST(OwnDataJson, HasAllDigits) {
  const nlohmann::json results = own_data_json(kResults, kThree);
  EXPECT_EQ(results.at(0).at("kind"), "pairs");
  EXPECT_EQ(results.at(0).at("scores").at("cosine_f1_threshold"), 0.625);
  EXPECT_EQ(results.at(0).at("scores").at("dot_f1"), 0.75);
  EXPECT_EQ(results.at(1).at("about"), "8 texts");
  EXPECT_NEAR(results.at(0).at("intervals").at("cosine_f1").at(0), 0.2625, 1e-12);
  EXPECT_TRUE(results.at(0).at("intervals").at("dot_f1").is_null());
  EXPECT_FALSE(results.at(0).at("intervals").contains("cosine_f1_threshold"));
  EXPECT_EQ(results.at(0).at("bootstrap").at("resamples"), 3);
  EXPECT_FALSE(own_data_json(kResults, kNone).at(0).contains("intervals"));
}

TEST(ResampleOwnData, ScoresResamplesOfWhatWasKept) {
  const BootstrapOptions options{.resamples = 50};
  const ScoredItems pairs{{1, 0, 1, 0, 1, 1, 1, 1},
                          {{"cosine", {0.9, 0.8, 0.7, 0.1, 0.2, 0.5, 0.75, 0.95}}},
                          {{"cosine_f1", 0.65}, {"cosine_accuracy", 0.85}}};
  const std::vector<double>& cosine = pairs.values.at("cosine");
  const ResampleScorer score = [&](const ResampleCounts& counts) -> std::vector<double> {
    const Confusion f1 = confusion_at(0.65, cosine, pairs.labels, counts);
    return {f1.f1(), f1.precision(), f1.recall(),
            confusion_at(0.85, cosine, pairs.labels, counts).accuracy()};
  };
  const auto expected = resample_scores(8, score, options);
  const auto resampled = [&](const char* metric) {
    return resample_own_data(OwnDataKind::pairs, metric, pairs, options);
  };
  EXPECT_EQ(resampled("cosine_f1"), expected.at(0));
  EXPECT_EQ(resampled("cosine_precision"), expected.at(1));
  EXPECT_EQ(resampled("cosine_recall"), expected.at(2));
  EXPECT_EQ(resampled("cosine_accuracy"), expected.at(3));
  EXPECT_NE(expected.at(0), expected.at(3));

  const ScoredItems few{{1, 0}, {{"cosine", {0.9, 0.8}}}, {{"cosine_f1", 0.85}}};
  for (const char* metric : {"cosine_f1", "cosine_recall"}) {
    const auto scores = resample_own_data(OwnDataKind::pairs, metric, few, options);
    EXPECT_THAT(scores, Contains(IsNan())) << "of the resamples with nothing but the negative pair";
    EXPECT_THAT(scores, Each(AnyOf(IsNan(), 1.0)));
  }

  const ScoredItems queries{{}, {{"ndcg@10", {0.25, 0.5}}}, {}};
  const ResampleScorer mean = [](const ResampleCounts& counts) {
    return std::vector{(counts[0] * 0.25 + counts[1] * 0.5) / 2};
  };
  EXPECT_EQ(resample_own_data(OwnDataKind::retrieval, "ndcg@10", queries, options),
            resample_scores(2, mean, options).front());
}

TEST(ResampleOwnData, HasNothingOfWhatWasNotKept) {
  const ScoredItems pairs{{1, 0}, {{"cosine", {0.9, 0.8}}}, {}};
  const BootstrapOptions options{.resamples = 5};
  EXPECT_EQ(resample_own_data(OwnDataKind::pairs, "cosine_average_precision", pairs, options).size(), 5u);
  for (const char* metric : {"angle_average_precision", "cosine_f1"})
    EXPECT_TRUE(resample_own_data(OwnDataKind::pairs, metric, pairs, options).empty()) << metric;
  EXPECT_TRUE(resample_own_data(OwnDataKind::pairs, "cosine_average_precision", pairs, kNone).empty());
  for (const OwnDataKind kind :
       {OwnDataKind::pairs, OwnDataKind::retrieval, OwnDataKind::classify, OwnDataKind::cluster})
    for (const std::string& metric : own_data_metrics(kind))
      EXPECT_TRUE(resample_own_data(kind, metric, {}, options).empty()) << metric;
}

TEST(BootstrapScores, GivesScoresButNoThresholdsTheResamplesOfTheirItems) {
  const BootstrapOptions options{.resamples = 20};
  OwnDataResult result{{OwnDataKind::pairs, "mine.tsv", "pairs:mine.tsv"},
                       {{"cosine_f1", 0.8},
                        {"cosine_f1_threshold", 0.65, /*is_threshold=*/true},
                        {"cosine_average_precision", 0.8},
                        {.name = "word_overlap_average_precision", .value = 0.7, .is_baseline = true}},
                       "4 pairs"};
  result.items = {{1, 0, 1, 0},
                  {{"cosine", {0.9, 0.8, 0.7, 0.1}}, {"word_overlap", {0.3, 0.2, 0.1, 0.0}}},
                  {{"cosine_f1", 0.65}}};
  bootstrap_scores(result, options);
  for (const size_t i : {0u, 2u, 3u}) {
    const NamedScore& score = result.scores[i];
    EXPECT_EQ(score.resampled.size(), 20u) << score.name;
    const std::vector<double> expected =
        resample_own_data(OwnDataKind::pairs, score.name, result.items, options);
    EXPECT_THAT(score.resampled, ::testing::Pointwise(::testing::NanSensitiveDoubleEq(),
                                                      expected));  // NaN: no positive was drawn
  }
  EXPECT_TRUE(result.scores[1].resampled.empty());

  OwnDataResult without = result;
  for (NamedScore& score : without.scores) score.resampled = {};
  bootstrap_scores(without, kNone);
  EXPECT_TRUE(without.scores[0].resampled.empty());
}

}  // namespace
}  // namespace angle
