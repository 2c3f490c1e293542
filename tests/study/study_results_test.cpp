// Invariants:
// - means, deviations and paired tests over seeds are those of the scores, over the seeds that both rows
//   have;
// - the test over pairs is the paired bootstrap of the mean over seeds; identical rows differ by 0 with p =
// 1;
// - Holm's correction is over the rows that are compared, for each test and task by itself;
// - several tasks with a metric have an average of the runs that all of them have, those that models are
// chosen by apart from those that tell;
// - a task on own data has a table for each metric, tested over what the runs kept of its items as well;
// where nothing was kept over seeds alone, and the report says why;
// - scores on other files of the same name are other scores, and stay beside them;
// - the model before training is compared with every seed of the baseline, without tests, and changes nothing
// of the other rows;
// - unfinished runs and undefined scores are left out and counted; other labels are an error;
// - the tables say all that, as text and Markdown; the JSON has every number.
#include "angle/study/study_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/correlation.h"
#include "angle/eval/own_data_resamples.h"
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

TEST_F(Results, HaveTheModelBeforeTrainingFirst) {
  study_.tasks = {"stsb", "sts12"};
  for (uint64_t run = 0; run < 6; ++run) scores_[run]["sts12/test"] = noisy(3, 100 + run);
  const RunScores untrained = {{"stsb/test", noisy(20, 99)}, {"sts12/test", noisy(20, 98)}};
  const auto without = results(), with = study_results(study_, plan_, scores_, untrained);
  EXPECT_EQ(without.at(0).before_training, std::nullopt);
  const RowResult& row = with.at(0).before_training.value();
  EXPECT_EQ(row.name, "before training");
  EXPECT_THAT(row.seeds, IsEmpty());
  const double own = *spearman(untrained.at("stsb/test").similarities.at("cosine"), labels());
  EXPECT_THAT(row.scores, ElementsAre(own));
  const Values differences{own - score(0), own - score(1), own - score(2)};
  const RowDifference& difference = row.difference.value();
  EXPECT_DOUBLE_EQ(difference.mean, spread_of(differences).mean);
  EXPECT_DOUBLE_EQ(*difference.deviation, *spread_of(differences).deviation);
  EXPECT_LT(difference.interval.value().high, 0);
  EXPECT_EQ(difference.by_seeds, std::nullopt);
  EXPECT_EQ(difference.by_pairs, std::nullopt);
  EXPECT_THAT(with.at(2).before_training.value().scores, SizeIs(1)) << "of the average";

  const RowDifference &before = *without[0].rows[1].difference, &after = *with[0].rows[1].difference;
  EXPECT_EQ(before.by_seeds->adjusted, after.by_seeds->adjusted);
  EXPECT_EQ(before.by_pairs->adjusted, after.by_pairs->adjusted);
}

TEST_F(Results, ShowTheModelBeforeTraining) {
  StudyReport report{.name = "noise", .study = study_, .plan = plan_, .scores = scores_};
  report.results = study_results(study_, plan_, scores_, {{"stsb/test", noisy(20, 99)}});
  EXPECT_THAT(format_study_markdown(report),
              AllOf(HasSubstr("|---:|\n| before training | – | "), HasSubstr(" | – | – |\n| base | 3 | "),
                    HasSubstr("before training: the model that the row \"base\" starts from")));
  const json task = study_json(report).at("tasks").at(0);
  EXPECT_EQ(task.at("before_training").at("seeds"), json::array());
  EXPECT_EQ(task.at("rows").size(), 3);
  report.results = results();
  EXPECT_TRUE(study_json(report).at("tasks").at(0).at("before_training").is_null());
  EXPECT_THAT(format_study(report), Not(HasSubstr("before training")));
}

TEST_F(Results, OfNothingAreAnEmptyTable) {
  for (RunScores& run : scores_) run.clear();
  const auto tables = results();
  for (const RowResult& row : tables.at(0).rows) {
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

TEST_F(Results, OfTasksThatChooseAreNotAveragedWithThoseThatTell) {
  const auto averages = [&] {
    std::vector<std::string> names;
    for (const TaskResult& task : results())
      if (task.task.starts_with("average")) names.push_back(task.task);
    return names;
  };
  for (uint64_t run = 0; run < 6; ++run)
    for (const char* task : {"stsb/validation", "gis/validation", "qqp/validation", "sts12/test", "mine.tsv"})
      scores_[run][task] = noisy(3, 100 + run);
  study_.tasks = {"stsb/validation", "stsb/test"};
  EXPECT_THAT(averages(), IsEmpty());
  study_.tasks = {"stsb/validation", "stsb/test", "gis/validation", "sts12"};
  EXPECT_THAT(averages(), ElementsAre("average (validation)", "average"));
  study_.tasks = {"qqp", "stsb"};
  EXPECT_THAT(averages(), ElementsAre("average")) << "QQP is reported on its validation split";
  study_.tasks = {"mine.tsv", "stsb"};
  EXPECT_THAT(averages(), ElementsAre("average"));
  plan_.runs[2].config.evaluation.task = "sts12,mine.tsv";
  EXPECT_THAT(averages(), IsEmpty()) << "a run validates on it";
}

/// Two tasks on own data, beside the one of pairs.
class OwnDataResults : public Results {
 protected:
  OwnDataResults() {
    study_.tasks = {"stsb", "retrieval:faq", "classify:topics"};
    study_.metric = "cosine_spearman,ndcg@10,recall@5";
    for (size_t run = 0; run < 6; ++run) {
      const double score = 0.5 + (run < 3 ? 0.1 : 0.0) + 0.01 * static_cast<double>(run * run % 5);
      scores_[run]["retrieval:faq"] = {.file_checksum = "faq",
                                       .scores = {{"ndcg@10", score}, {"recall@5", 1 - score}},
                                       .notes = {"9 queries"}};
      scores_[run]["classify:topics"] = {.file_checksum = "topics",
                                         .scores = {{"logistic_regression_accuracy", score}}};
    }
  }

  double ndcg(size_t run) const { return scores_[run].at("retrieval:faq").scores.at("ndcg@10"); }
};

TEST_F(OwnDataResults, HaveATableForEachTaskAndMetric) {
  std::vector<std::string> tables;
  for (const TaskResult& task : results()) tables.push_back(task.task + " " + task.metric);
  EXPECT_THAT(tables, ElementsAre("stsb/test cosine_spearman", "retrieval:faq ndcg@10",
                                  "retrieval:faq recall@5", "classify:topics logistic_regression_accuracy"));
}

TEST_F(OwnDataResults, OfDevelopmentSplitsAreNotAveragedWithThoseThatTell) {
  const std::string dev = "retrieval:faq/qrels/dev.tsv", other = "retrieval:other";
  for (RunScores& run : scores_)
    for (const std::string& task : {dev, other}) run[task] = run.at("retrieval:faq");
  study_.metric = "ndcg@10";
  study_.tasks = {"retrieval:faq", dev};
  EXPECT_THAT(results(), SizeIs(2));
  study_.tasks = {"retrieval:faq", dev, other};
  EXPECT_EQ(results().back().task, "average");
  EXPECT_DOUBLE_EQ(results().back().rows[0].scores[0], ndcg(0));
  plan_.runs[2].config.evaluation.task = "retrieval:faq/qrels/test.tsv";
  EXPECT_EQ(results().back().task, "average (validation)") << "a run validates on it, by another name";
}

TEST_F(OwnDataResults, AreTestedOverTheItemsThatRunsKept) {
  for (uint64_t run = 0; run < 6; ++run) {
    SplitMix64 random(run);
    Values& queries = scores_[run].at("retrieval:faq").items.values["ndcg@10"];
    for (int query = 0; query < 60; ++query) queries.push_back(random.uniform() * (run < 3 ? 1.0 : 0.5));
  }
  const auto resampled = [&](size_t run) {
    return resample_own_data(OwnDataKind::retrieval, "ndcg@10", scores_[run].at("retrieval:faq").items,
                             {.resamples = 1000});
  };
  Values differences(1000);
  for (size_t seed = 0; seed < 3; ++seed) {
    const Values worse = resampled(3 + seed), base = resampled(seed);
    for (size_t i = 0; i < 1000; ++i) differences[i] += (worse.at(i) - base.at(i)) / 3;
  }
  const RowDifference worse = *results().at(1).rows[1].difference;
  EXPECT_DOUBLE_EQ(worse.by_pairs.value().p_value, *difference_p_value(differences));
  EXPECT_NEAR(worse.interval.value().low, confidence_interval(differences)->low, 1e-12);
  EXPECT_NEAR(worse.interval.value().high, confidence_interval(differences)->high, 1e-12);
  EXPECT_TRUE(worse.by_pairs->is_significant());
  EXPECT_THAT(table(), HasSubstr("older")) << "the other tables have none";

  scores_[0].at("retrieval:faq").items = {};  // of an older version
  EXPECT_EQ(results().at(1).rows[1].difference->by_pairs, std::nullopt);
  EXPECT_THAT(results().at(1).rows[1].scores, SizeIs(3));
}

TEST_F(OwnDataResults, RefuseScoresOfOtherItems) {
  for (size_t run : {0, 3}) scores_[run].at("retrieval:faq").items.values["ndcg@10"] = {0.5, 0.25, 1};
  EXPECT_NO_THROW(results());
  scores_[3].at("retrieval:faq").items.values["ndcg@10"].pop_back();
  EXPECT_ERROR(results(), "retrieval:faq: not all runs were scored on the same items");
}

TEST_F(OwnDataResults, KnowTheNumberOfPairsThoughTheLastRunKeptNone) {
  study_.tasks = {"pairs:mine.tsv"};
  study_.metric = "cosine_f1";
  for (RunScores& run : scores_)
    run["pairs:mine.tsv"] = {.file_checksum = "mine", .scores = {{"cosine_f1", 0.5}}};
  scores_[0].at("pairs:mine.tsv").items = {{1, 0}, {{"cosine", {0.9, 0.8}}}, {{"cosine_f1", 0.85}}};
  EXPECT_EQ(results().at(0).pairs, 2);
}

TEST_F(OwnDataResults, OfOlderRunsAreTestedOverSeedsAlone) {
  const TaskResult task = results().at(1);
  EXPECT_EQ(task.pairs, 0);
  EXPECT_EQ(task.file_checksum, "faq");
  EXPECT_THAT(task.notes, ElementsAre("9 queries"));
  EXPECT_THAT(task.rows[1].scores, ElementsAre(ndcg(3), ndcg(4), ndcg(5)));
  const RowDifference& worse = *task.rows[1].difference;
  const Values differences{ndcg(3) - ndcg(0), ndcg(4) - ndcg(1), ndcg(5) - ndcg(2)};
  EXPECT_DOUBLE_EQ(worse.mean, spread_of(differences).mean);
  EXPECT_DOUBLE_EQ(worse.by_seeds->p_value, *paired_t_test(differences));
  EXPECT_EQ(worse.by_pairs, std::nullopt);
  EXPECT_EQ(worse.interval, std::nullopt);
  EXPECT_NE(results().at(0).rows[1].difference->by_pairs, std::nullopt);
}

TEST_F(OwnDataResults, AreAveragedOverTasksWithTheSameMetric) {
  study_.tasks.emplace_back("retrieval:wiki");
  for (RunScores& run : scores_) run["retrieval:wiki"] = {.scores = {{"ndcg@10", 0.25}, {"recall@5", 0.5}}};
  const auto results = this->results();
  ASSERT_THAT(results, SizeIs(8));
  EXPECT_EQ(results[6].task + " " + results[6].metric, "average ndcg@10");
  EXPECT_EQ(results[7].task + " " + results[7].metric, "average recall@5");
  EXPECT_DOUBLE_EQ(results[6].rows[0].scores[0], (ndcg(0) + 0.25) / 2);
  EXPECT_EQ(results[6].rows[1].difference->by_pairs, std::nullopt);
}

TEST_F(OwnDataResults, LeaveOutAModelWithoutThatScore) {
  scores_[4].at("retrieval:faq").scores.erase("ndcg@10");
  const TaskResult task = results().at(1);
  EXPECT_THAT(task.rows[1].seeds, ElementsAre(1, 3));
  EXPECT_THAT(task.notes, ElementsAre("9 queries", "a run is left out: its model has no ndcg@10"));
}

TEST_F(OwnDataResults, AreShownWithAFootnote) {
  const StudyReport report{
      .name = "own", .command = "", .study = study_, .plan = plan_, .scores = scores_, .results = results()};
  const std::string text = format_study_markdown(report);
  EXPECT_THAT(text, AllOf(HasSubstr("\nretrieval:faq: ndcg@10 × 100\n"), HasSubstr(" | – | "),
                          HasSubstr("runs that an older version has scored, which kept nothing of them")));
  EXPECT_EQ(text.find("\nNote: 9 queries\n"), text.rfind("\nNote: 9 queries\n")) << "once for both tables";
  EXPECT_THAT(text, HasSubstr("\nNote: 9 queries\n"));
  const std::string shown = format_study(report);
  EXPECT_EQ(shown.find("\nnote: 9 queries\n"), shown.rfind("\nnote: 9 queries\n"));
  EXPECT_EQ(study_json(report).at("tasks").at(1).at("notes"),
            study_json(report).at("tasks").at(2).at("notes"));
  EXPECT_EQ(study_json(report).at("tasks").at(1).at("metric"), "ndcg@10");
  EXPECT_EQ(study_json(report).at("metric"), "cosine_spearman,ndcg@10,recall@5,logistic_regression_accuracy");
  study_.tasks = {"stsb"};
  EXPECT_THAT(table(), Not(HasSubstr("older")));
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
  EXPECT_FALSE(read_json(directory.path() / "scores.json").at("stsb/test").contains("scores"));
  EXPECT_THAT(read_run_scores(directory.path() / "none.json"), IsEmpty());
  const std::map<std::string, double> own = {{"ndcg@10", 1.0 / 3}};
  write_run_scores(directory.path() / "own.json",
                   {{"retrieval:faq", {.file_checksum = "faq", .scores = own}}});
  EXPECT_EQ(read_run_scores(directory.path() / "own.json").at("retrieval:faq").scores, own);
  EXPECT_FALSE(read_json(directory.path() / "own.json").at("retrieval:faq").contains("items"));
  const ScoredItems items{{0, 1}, {{"cosine", {1.0 / 3, 0.5}}}, {{"cosine_f1", 0.1}}};
  write_run_scores(directory.path() / "own.json",
                   {{"pairs:mine.tsv", {.file_checksum = "mine", .scores = own, .items = items}}});
  const ScoredItems back = read_run_scores(directory.path() / "own.json").at("pairs:mine.tsv").items;
  EXPECT_EQ(back.labels, items.labels);
  EXPECT_EQ(back.values, items.values);
  EXPECT_EQ(back.thresholds, items.thresholds);
}

TEST(RunScores, AreOfTheVeryFilesAndHaveTheMetric) {
  const RunScores scores = {{"stsb/test", noisy(1, 1)},
                            {"retrieval:faq", {.file_checksum = "faq", .scores = {{"ndcg@10", 0.5}}}}};
  const auto has = [&](const TaskFile& task) {
    return !scores_on(scores, std::vector<TaskFile>{task}).empty();
  };
  EXPECT_TRUE(has({{"stsb", "test"}, "", "sum", {"cosine_pearson", "cosine_spearman"}}));
  EXPECT_FALSE(has({{"stsb", "test"}, "", "other", {"cosine_pearson"}}));
  EXPECT_FALSE(has({{"stsb", "train"}, "", "sum", {"cosine_pearson"}}));
  EXPECT_FALSE(has({{"stsb", "test"}, "", "sum", {"cosine_pearson", "angle_pearson"}}));
  EXPECT_TRUE(has({{"retrieval:faq", ""}, "", "faq", {"mrr@10"}})) << "all were taken that there are";
  EXPECT_FALSE(has({{"retrieval:faq", ""}, "", "other", {"ndcg@10"}}));
  EXPECT_FALSE(has({{"retrieval:wiki", ""}, "", "faq", {"ndcg@10"}}));
}

TEST(RunScores, OfOtherFilesOfTheSameNameStayApart) {
  RunScores scores;
  const std::vector<TaskFile> first = {{{"retrieval:faq", ""}, "", "first", {"ndcg@10"}}};
  const std::vector<TaskFile> second = {{{"retrieval:faq", ""}, "", "second", {"ndcg@10"}}};
  add_scores(scores, "retrieval:faq", {.file_checksum = "first", .scores = {{"ndcg@10", 0.25}}});
  EXPECT_THAT(scores_on(scores, second), IsEmpty());
  add_scores(scores, "retrieval:faq", {.file_checksum = "second", .scores = {{"ndcg@10", 0.5}}});
  add_scores(scores, "retrieval:faq", {.file_checksum = "second", .scores = {{"ndcg@10", 0.75}}});
  EXPECT_THAT(scores, SizeIs(2));
  EXPECT_EQ(scores_on(scores, first).at("retrieval:faq").scores.at("ndcg@10"), 0.25);
  EXPECT_EQ(scores_on(scores, second).at("retrieval:faq").scores.at("ndcg@10"), 0.75);
}

TEST(RunScores, OnTheSameFilesHaveAllSimilarities) {
  RunScores scores = {{"stsb/test", {.file_checksum = "sum", .labels = {1}, .similarities = {{"dot", {3}}}}}};
  add_scores(scores, "stsb/test", {.file_checksum = "sum", .labels = {1}, .similarities = {{"cosine", {2}}}});
  EXPECT_THAT(scores.at("stsb/test").similarities, SizeIs(2));
}

TEST(RunScores, ThatAreDamagedAreNamed) {
  const testing::TempDir directory;
  for (const char* content :
       {"[]", R"({"a": 1})", R"({"a": {"labels": []}})",
        R"({"a": {"file_checksum": "", "labels": [1], "notes": [], "similarities": {"cosine": [1, 2]}}})",
        R"({"a": {"file_checksum": "", "labels": [], "notes": [], "similarities": {},
             "items": {"labels": [1], "values": {"cosine": [1, 2]}, "thresholds": {}}}})"})
    EXPECT_ERROR(read_run_scores(directory.file("scores.json", content)),
                 "scores.json: not the scores of a run", "remove the file");
}

}  // namespace
}  // namespace angle
