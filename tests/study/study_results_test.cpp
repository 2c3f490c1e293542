// Invariants:
// - means, deviations and paired tests over seeds are those of the scores, over the seeds that both rows
// have;
// - the test over pairs is the paired bootstrap of the mean over seeds; identical rows differ by 0 with p =
// 1;
// - Holm's correction is over the rows that are compared, for each test and task by itself;
// - several tasks have an average of the runs that all of them have;
// - unfinished runs and undefined scores are left out and counted; other labels are an error;
// - the tables say all that, as text and Markdown; the JSON has every number.
#include "angle/study/study_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/correlation.h"
#include "angle/eval/significance.h"
#include "angle/random.h"
#include "angle/study/study_report.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Values = std::vector<double>;

constexpr size_t kPairs = 200;

Values labels() {
  Values labels;
  for (size_t i = 0; i < kPairs; ++i) labels.push_back(static_cast<double>(i % 26) / 5);
  return labels;
}

/// Scores of a run that follow the labels up to noise.
TaskScores noisy(double noise, uint64_t seed) {
  SplitMix64 random(seed);
  TaskScores scores;
  scores.file_checksum = "sum";
  scores.labels = labels();
  Values& similarities = scores.similarities["cosine"];
  for (const double label : scores.labels) similarities.push_back(label + noise * random.uniform());
  return scores;
}

/// Three rows, of which "worse" has more noise and "same" shares the runs of "base"; three seeds.
class Results : public ::testing::Test {
 protected:
  Results() {
    study_.rows = {{"base", {}}, {"worse", {}}, {"same", {}}};
    study_.seeds = {1, 2, 3};
    study_.tasks = {"stsb"};
    study_.resamples = 1000;
    plan_.runs.resize(6);
    plan_.runs_of = {{0, 1, 2}, {3, 4, 5}, {0, 1, 2}};
    for (uint64_t run = 0; run < 6; ++run) scores_.push_back({{"stsb/test", noisy(run < 3 ? 4 : 8, run)}});
  }

  std::vector<TaskResult> results() const { return study_results(study_, plan_, scores_); }

  double score(size_t run) const {
    return *spearman(scores_[run].at("stsb/test").similarities.at("cosine"), labels());
  }

  std::string table() const {
    return format_study({.name = "tests",
                         .command = "",
                         .study = study_,
                         .plan = plan_,
                         .scores = scores_,
                         .results = results()});
  }

  StudyConfig study_;
  StudyPlan plan_;
  std::vector<RunScores> scores_;
};

TEST_F(Results, AreTestedOverSeeds) {
  const TaskResult task = results().at(0);
  EXPECT_EQ(task.task, "stsb/test");
  EXPECT_EQ(task.pairs, kPairs);
  ASSERT_THAT(task.rows, SizeIs(3));
  EXPECT_THAT(task.rows[1].scores, ElementsAre(score(3), score(4), score(5)));
  EXPECT_EQ(task.rows[0].difference, std::nullopt);

  const RowDifference& worse = *task.rows[1].difference;
  const Values differences{score(3) - score(0), score(4) - score(1), score(5) - score(2)};
  EXPECT_DOUBLE_EQ(worse.mean, spread_of(differences).mean);
  EXPECT_DOUBLE_EQ(*worse.deviation, *spread_of(differences).deviation);
  EXPECT_DOUBLE_EQ(worse.by_seeds->p_value, *paired_t_test(differences));
  EXPECT_DOUBLE_EQ(worse.by_seeds->adjusted, 2 * worse.by_seeds->p_value);  // two rows are compared
}

TEST_F(Results, AreTestedOverPairsWithSeedsAveraged) {
  std::vector<Values> similarities;
  for (const RunScores& run : scores_) similarities.push_back(run.at("stsb/test").similarities.at("cosine"));
  const auto resampled = resample_correlations(similarities, labels(), {.resamples = 1000});
  Values differences;
  for (size_t i = 0; i < 1000; ++i) {
    double difference = 0;
    for (size_t seed = 0; seed < 3; ++seed)
      difference += resampled[3 + seed].spearman[i] - resampled[seed].spearman[i];
    differences.push_back(difference / 3);
  }
  const RowDifference worse = *results().at(0).rows[1].difference;
  EXPECT_DOUBLE_EQ(worse.by_pairs->p_value, *difference_p_value(differences));
  EXPECT_NEAR(worse.interval->low, confidence_interval(differences)->low, 1e-12);
  EXPECT_NEAR(worse.interval->high, confidence_interval(differences)->high, 1e-12);
  EXPECT_LT(worse.interval->high, 0);
  EXPECT_TRUE(worse.by_pairs->is_significant());
}

TEST_F(Results, OfTheSameRunsDifferByNothing) {
  const RowDifference same = *results().at(0).rows[2].difference;
  EXPECT_EQ(same.mean, 0);
  EXPECT_EQ(same.by_seeds->p_value, 1);
  EXPECT_EQ(same.by_pairs->p_value, 1);
  EXPECT_EQ(same.interval->low, 0);
  EXPECT_FALSE(same.by_pairs->is_significant());
}

TEST_F(Results, CompareTheSeedsThatBothRowsHave) {
  scores_[0].clear();
  scores_[4].clear();
  const TaskResult task = results().at(0);
  EXPECT_THAT(task.rows[0].seeds, ElementsAre(2, 3));
  EXPECT_THAT(task.rows[1].seeds, ElementsAre(1, 3));
  const RowDifference& worse = *task.rows[1].difference;
  EXPECT_DOUBLE_EQ(worse.mean, score(5) - score(2));
  EXPECT_EQ(worse.deviation, std::nullopt);
  EXPECT_EQ(worse.by_seeds, std::nullopt);  // one seed says nothing about others
  EXPECT_NE(worse.by_pairs, std::nullopt);
  EXPECT_THAT(table(), HasSubstr("4 of 6 runs are finished"));
}

TEST_F(Results, OfNothingAreAnEmptyTable) {
  for (RunScores& run : scores_) run.clear();
  for (const RowResult& row : results().at(0).rows) {
    EXPECT_THAT(row.scores, IsEmpty());
    EXPECT_EQ(row.difference, std::nullopt);
  }
  EXPECT_THAT(table(), HasSubstr("0 of 6 runs are finished"));
}

TEST_F(Results, LeaveOutWhatIsUndefined) {
  auto& similarities = scores_[3]["stsb/test"].similarities["cosine"];
  std::fill(similarities.begin(), similarities.end(), 1.0);
  const TaskResult task = results().at(0);
  EXPECT_THAT(task.rows[1].seeds, ElementsAre(2, 3));
  EXPECT_THAT(task.notes, ElementsAre(HasSubstr("a run is left out: ")));
}

TEST_F(Results, OfSeveralTasksHaveAnAverage) {
  study_.tasks = {"stsb", "sts12"};
  for (uint64_t run = 0; run < 6; ++run) scores_[run]["sts12/test"] = noisy(3, 100 + run);
  scores_[5]["sts12/test"].similarities["cosine"].clear();
  const auto results = this->results();
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_EQ(results[2].task, "average");
  EXPECT_DOUBLE_EQ(results[2].rows[0].scores[0],
                   (results[0].rows[0].scores[0] + results[1].rows[0].scores[0]) / 2);
  EXPECT_THAT(results[2].rows[1].seeds, ElementsAre(1, 2));
  const RowDifference& worse = *results[2].rows[1].difference;
  EXPECT_TRUE(worse.interval->low < worse.mean && worse.mean < worse.interval->high);
}

TEST_F(Results, RefuseScoresOfOtherPairs) {
  scores_[3]["stsb/test"].labels[0] = 5;
  EXPECT_ERROR(results(), "stsb/test: not all runs were scored on the same pairs");
}

TEST_F(Results, AreTablesForPeople) {
  const std::string text = table();
  EXPECT_THAT(text,
              AllOf(HasSubstr("stsb/test, 200 pairs: cosine_spearman × 100\nrow "), HasSubstr("baseline"),
                    HasSubstr("+0.00 ± 0.00    [+0.00 +0.00]     1.0000       1.0000\n"),
                    HasSubstr("difference: to the row \"base\""), HasSubstr("6 of 6 runs are finished")));
  const RowDifference worse = *results().at(0).rows[1].difference;
  EXPECT_THAT(text, HasSubstr(fmt::format("{:+.2f} ± {:.2f}", 100 * worse.mean, 100 * *worse.deviation)));
  EXPECT_THAT(text, HasSubstr(fmt::format("{:.4f} *\n", worse.by_pairs->p_value)));
}

TEST_F(Results, AreMarkdownAndJson) {
  study_.description = "Does noise matter?";
  const StudyReport report{.name = "noise",
                           .command = "angle study --config noise.json",
                           .study = study_,
                           .plan = plan_,
                           .scores = scores_,
                           .results = results()};
  EXPECT_THAT(
      format_study_markdown(report),
      AllOf(
          HasSubstr("# noise\n\nDoes noise matter?\n\n    angle study --config noise.json\n"),
          HasSubstr("\n| row | seeds | score | difference | 95 % interval | p (seeds) | p (pairs) |\n|---|"),
          HasSubstr("\n| same | 3 | "), HasSubstr(" | 1.0000 | 1.0000 |\n")));
  const json found = study_json(report);
  const json& row = found.at("tasks").at(0).at("rows").at(1);
  EXPECT_EQ(row.at("scores").at(0), score(3));
  EXPECT_EQ(row.at("difference").at("by_pairs").at("significant"), true);
  EXPECT_TRUE(found.at("tasks").at(0).at("rows").at(0).at("difference").is_null());
  EXPECT_EQ(found.at("rows").at(2).at("runs"), found.at("rows").at(0).at("runs"));
  EXPECT_FALSE(found.at("rows").at(0).at("config").at("train").contains("seed"));
  EXPECT_EQ(found.at("baseline"), "base");
}

TEST_F(Results, DoNotShowAVerySmallProbabilityAsNone) {
  StudyReport report{
      .name = "noise", .study = study_, .plan = plan_, .scores = scores_, .results = results()};
  report.results.at(0).rows[1].difference->by_seeds->p_value = 0.00003;
  EXPECT_THAT(format_study_markdown(report), HasSubstr(" | < 0.0001 "));
}

TEST(RunScores, ComeBackToTheLastDigit) {
  const testing::TempDir directory;
  const RunScores scores = {{"stsb/test", noisy(1.0 / 3, 1)}};
  write_run_scores(directory.path() / "scores.json", scores);
  const RunScores read = read_run_scores(directory.path() / "scores.json");
  EXPECT_EQ(read.at("stsb/test").similarities, scores.at("stsb/test").similarities);
  EXPECT_THAT(read_run_scores(directory.path() / "none.json"), IsEmpty());
}

TEST(RunScores, AreOfTheVeryFilesAndSimilarity) {
  const RunScores scores = {{"stsb/test", noisy(1, 1)}};
  const auto has = [&](const TaskFile& task, Similarity similarity) {
    return has_scores(scores, std::vector<TaskFile>{task}, similarity);
  };
  EXPECT_TRUE(has({{"stsb", "test"}, "", "sum"}, Similarity::cosine));
  EXPECT_FALSE(has({{"stsb", "test"}, "", "other"}, Similarity::cosine));
  EXPECT_FALSE(has({{"stsb", "train"}, "", "sum"}, Similarity::cosine));
  EXPECT_FALSE(has({{"stsb", "test"}, "", "sum"}, Similarity::angle));
}

TEST(RunScores, ThatAreDamagedAreNamed) {
  const testing::TempDir directory;
  for (const char* content :
       {"[]", R"({"a": 1})", R"({"a": {"labels": []}})",
        R"({"a": {"file_checksum": "", "labels": [1], "notes": [], "similarities": {"cosine": [1, 2]}}})"})
    EXPECT_ERROR(read_run_scores(directory.file("scores.json", content)),
                 "scores.json: not the scores of a run", "remove the file");
}

}  // namespace
}  // namespace angle
