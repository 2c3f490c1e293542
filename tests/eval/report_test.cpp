// Pins: the table to the character; only chosen metrics are columns; what is undefined is `n/a` with its
// reason, in JSON null; JSON keeps all digits; partial averages and missing tasks are named.
#include "angle/eval/report.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/report_of.h"

namespace angle {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::report_of;

Evaluation evaluation(const std::string& task, double score) {
  Evaluation result;
  result.task = &find_task(task);
  result.split = result.task->default_split();
  result.file = "data/" + task + "/" + result.split + ".tsv";
  result.scores = {.pairs = 1379,
                   .texts = 2552,
                   .cut_texts = 5,
                   .zero_vectors = 0,
                   .correlations = {},
                   .swap_asymmetry = 0.25};
  for (Correlation& correlation : result.scores.correlations) correlation = {score / 2, score, ""};
  return result;
}

const ReportedModel kModel{"all-MiniLM-L6-v2", "BERT 6 x 384, mean, normalize, at most 256 tokens"};

TEST(FormatReport, IsATableWithDetailsBelow) {
  EXPECT_EQ(format_model(kModel),
            "model: all-MiniLM-L6-v2\npipeline: BERT 6 x 384, mean, normalize, at most 256 tokens\n");
  EXPECT_EQ(format_report(report_of({evaluation("stsb", 0.820325)}), kModel, all_metrics()),
            R"(
                           cosine            dot      euclidean      manhattan          angle
task  split  pairs       r    rho       r    rho       r    rho       r    rho       r    rho
stsb  test    1379   41.02  82.03   41.02  82.03   41.02  82.03   41.02  82.03   41.02  82.03

r: Pearson, rho: Spearman, x 100; distances are negated; angle: angle_emb
stsb/test: STS-B, STS Benchmark, labels 0-5; 2552 texts, 5 cut (0.20 %); swap asymmetry 0.2500; published 85.16 AnglE-BERT, trained on NLI; 86.26 trained on STS-B
)");
}

TEST(FormatReport, ShowsTheChosenMetrics) {
  const std::vector<Metric> metrics{{Similarity::cosine, Statistic::spearman},
                                    {Similarity::angle, Statistic::pearson}};
  const std::string text = format_report(report_of({evaluation("stsb", 0.5)}), kModel, metrics);
  EXPECT_THAT(text, HasSubstr("task  split  pairs     rho       r\n"
                              "stsb  test    1379   50.00   25.00\n"));
  EXPECT_THAT(text, Not(HasSubstr("manhattan")));
}

/// Resamples of every metric from 0.40 to 0.44.
ResampledScores resamples() {
  ResampledCorrelations values;
  for (int i = 0; i <= 40; ++i) values.spearman.push_back(0.40 + 0.001 * i);
  values.pearson = values.spearman;
  return {kSimilarities.size(), values};
}

TEST(FormatReport, HasAnIntervalBesideEveryCorrelation) {
  EvaluationReport report = report_of({evaluation("stsb", 0.42)});
  report.evaluations[0].resampled = resamples();
  const std::vector<Metric> metrics{{}, {Similarity::dot, Statistic::spearman}};
  const std::string text = format_report(report, kModel, metrics);
  EXPECT_THAT(text, HasSubstr(R"(
                                  cosine                   dot
task  split  pairs   rho [95 % interval]   rho [95 % interval]
stsb  test    1379   42.00 [40.10 43.90]   42.00 [40.10 43.90]
)"));
  EXPECT_THAT(text,
              HasSubstr("intervals: 95 %, percentiles of 10000 bootstrap resamples of the pairs, seed 42\n"));
  const json scored = report_json(report, kModel);
  const json& cosine = scored.at("evaluations").at(0).at("scores").at("cosine");
  EXPECT_NEAR(cosine.at("spearman_interval").at(1).get<double>(), 0.439, 1e-12);
  EXPECT_EQ(scored.at("bootstrap").at("resamples"), 10000);
}

TEST(FormatReport, SaysWhyAColumnIsNotAvailable) {
  Evaluation undefined = evaluation("stsb", 0.5);
  undefined.scores.correlations.back() = {std::nullopt, std::nullopt, "all scores are equal"};
  const std::string text = format_report(report_of({undefined}), kModel, all_metrics());
  EXPECT_THAT(text, HasSubstr("  n/a"));
  EXPECT_THAT(text, HasSubstr("stsb/test: angle is n/a: all scores are equal\n"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(FormatReport, SaysWhyThereIsNoInterval) {
  EvaluationReport report = report_of({evaluation("stsb", 0.42)});
  ResampledScores undefined = resamples();
  for (size_t i = 0; i < 4; ++i) undefined[0].spearman[i] = NAN;  // of 41
  report.evaluations[0].resampled = undefined;
  const std::string text = format_report(report, kModel, all_metrics());
  EXPECT_THAT(text,
              HasSubstr("stsb/test: cosine has no interval: in more than a twentieth of the resamples"));
  EXPECT_THAT(text, HasSubstr("too few pairs"));
  EXPECT_THAT(text, Not(HasSubstr("dot has no interval")));
  const json scores = report_json(report, kModel).at("evaluations").at(0).at("scores");
  EXPECT_TRUE(scores.at("cosine").at("spearman_interval").is_null());
  EXPECT_THAT(scores.at("cosine").at("no_interval").get<std::string>(), HasSubstr("too few pairs"));
  EXPECT_FALSE(scores.at("dot").contains("no_interval"));
}

TEST(FormatReport, SaysWhyABaselineIsNotAvailable) {
  EvaluationReport report = report_of({evaluation("stsb", 0.42)});
  report.evaluations[0].baselines = {
      {"tf_idf", "TF-IDF", {std::nullopt, std::nullopt, "all scores are equal"}}};
  EXPECT_THAT(format_report(report, kModel, all_metrics()), HasSubstr("; TF-IDF n/a (all scores are equal)"));
  EXPECT_EQ(report_json(report, kModel).at("evaluations").at(0).at("baselines").at("tf_idf").at("undefined"),
            "all scores are equal");
}

TEST(FormatReport, MarksRowsWithNotes) {
  Evaluation noted = evaluation("sts12", 0.7);
  noted.notes = {"some pairs were seen"};
  const std::string text = format_report(report_of({noted, evaluation("stsb", 0.5)}), kModel, all_metrics());
  EXPECT_THAT(text, HasSubstr("sts12 *  test "));
  EXPECT_THAT(text, HasSubstr("stsb     test "));
  EXPECT_THAT(text, HasSubstr("* sts12/test: some pairs were seen\n"));
}

TEST(FormatReport, NamesPartialAveragesAndMissingTasks) {
  EvaluationReport report = report_of({evaluation("mrpc", 0.4)});
  const TaskGroup* group = select_tasks(std::vector<std::string>{"non-transfer"}).groups[0];
  report.averages = {
      {group, {"mrpc"}, {"stsb", "qqp", "qnli", "gis"}, report.evaluations[0].scores.correlations, {}, true}};
  report.missing = {{&find_task("gis"), "data/gis/test.tsv: no such file"}};
  const std::string text = format_report(report, kModel, all_metrics());
  EXPECT_THAT(text, HasSubstr("average non-transfer, 1 of 5 *                 20.00  40.00"));
  EXPECT_THAT(text, Not(HasSubstr("published 73.55")));  // of five tasks, not of one
  EXPECT_THAT(text, HasSubstr("not scored: data/gis/test.tsv: no such file\n"));

  report.averages[0].missing.clear();
  EXPECT_THAT(format_report(report, kModel, all_metrics()),
              HasSubstr("average non-transfer *: published 73.55"));
}

TEST(ReportJson, KeepsAllDigits) {
  const double score = 0.82032467312345678;
  const json result = json::parse(report_json(report_of({evaluation("stsb", score)}), kModel).dump());
  EXPECT_EQ(result.at("model"), "all-MiniLM-L6-v2");
  EXPECT_EQ(result.at("angle_similarity"), "angle_emb");
  const json& scored = result.at("evaluations").at(0);
  EXPECT_EQ(scored.at("task"), "stsb");
  EXPECT_EQ(scored.at("pairs"), 1379);
  EXPECT_EQ(scored.at("cut_texts"), 5);
  EXPECT_EQ(scored.at("scores").at("cosine").at("spearman").get<double>(), score);
  EXPECT_EQ(scored.at("scores").size(), kSimilarities.size());
}

TEST(ReportJson, HasNullAndAReasonForWhatIsUndefined) {
  Evaluation undefined = evaluation("stsb", 0.5);
  undefined.scores.correlations[0] = {std::nullopt, std::nullopt, "all labels are equal"};
  undefined.scores.swap_asymmetry.reset();
  const json scored = report_json(report_of({undefined}), kModel).at("evaluations").at(0);
  EXPECT_TRUE(scored.at("scores").at("cosine").at("spearman").is_null());
  EXPECT_EQ(scored.at("scores").at("cosine").at("undefined"), "all labels are equal");
  EXPECT_FALSE(scored.at("scores").at("dot").contains("undefined"));
  EXPECT_TRUE(scored.at("swap_asymmetry").is_null());
}

TEST(ReportJson, TellsCompleteAveragesFromPartialOnes) {
  EvaluationReport report = report_of({evaluation("mrpc", 0.4)});
  const TaskGroup* group = select_tasks(std::vector<std::string>{"non-transfer"}).groups[0];
  report.averages = {{group, {"mrpc"}, {"gis"}, report.evaluations[0].scores.correlations, {}, false}};
  report.missing = {{&find_task("gis"), "no such file"}};
  const json result = report_json(report, kModel);
  EXPECT_EQ(result.at("averages").at(0).at("complete"), false);
  EXPECT_EQ(result.at("averages").at(0).at("scores").at("angle").at("spearman"), 0.4);
  EXPECT_EQ(result.at("missing").at(0).at("reason"), "no such file");
}

}  // namespace
}  // namespace angle
