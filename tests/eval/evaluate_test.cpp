// Pins: which files are scored; a task missing from a group is reported, one asked for by name is an error;
// averages are plain means, partial when tasks are missing; contaminated splits are scored beside their clean
// part; labels that a task does not have are refused.
#include "angle/eval/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kGraded = "sentence1\tsentence2\tscore\na cat\ta dog\t1.5\na cat\tthe cat\t4\n";
constexpr auto kBinary = "sentence1\tsentence2\tscore\na cat\ta dog\t0\na cat\tthe cat\t1\n";

/// A scorer whose every correlation is the sum of the labels / 100.
StsScores sum_of_labels(std::span<const ScoredPair> pairs, const TextProgress&) {
  double sum = 0.0;
  for (const ScoredPair& pair : pairs) sum += pair.label / 100;
  StsScores scores;
  scores.pairs = static_cast<int64_t>(pairs.size());
  scores.correlations.fill({sum, sum, ""});
  return scores;
}

EvaluateOptions options(const testing::TempDir& data, std::vector<std::string> tasks) {
  EvaluateOptions result;
  result.tasks = std::move(tasks);
  result.data_dir = data.path();
  return result;
}

std::vector<std::string> scored_files(const EvaluationReport& report) {
  std::vector<std::string> files;
  for (const Evaluation& evaluation : report.evaluations)
    files.push_back(evaluation.task->name + "/" + evaluation.split + (evaluation.beside ? " beside" : ""));
  return files;
}

TEST(EvaluateTasks, ScoresTheDefaultSplitOfEachTask) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  data.file("stsb/validation.tsv", kGraded);
  data.file("qnli/validation.tsv", kBinary);
  const auto report = evaluate_tasks(sum_of_labels, options(data, {"stsb,qnli"}));
  EXPECT_THAT(scored_files(report), ElementsAre("stsb/test", "qnli/validation"));
  EXPECT_NEAR(report.evaluations[0].scores.value({}).value(), 0.055, 1e-12);
  EXPECT_EQ(report.evaluations[0].file, data.path() / "stsb/test.tsv");
  EXPECT_THAT(report.averages, IsEmpty());
}

TEST(EvaluateTasks, ScoresTheSplitThatIsAskedFor) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  data.file("stsb/validation.tsv", kGraded);
  auto asked = options(data, {"stsb"});
  asked.split = "validation";
  EXPECT_THAT(scored_files(evaluate_tasks(sum_of_labels, asked)), ElementsAre("stsb/validation"));
}

TEST(EvaluateTasks, ScoresAnUntrainedModelAsABaseline) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  EXPECT_EQ(evaluate_tasks(sum_of_labels, options(data, {"stsb"})).evaluations[0].baselines.size(), 2u);
  auto asked = options(data, {"stsb"});
  asked.untrained = [](auto, const auto&) {
    StsScores scores;
    scores.correlations[0] = {0.25, 0.5, ""};
    return scores;
  };
  const auto report = evaluate_tasks(sum_of_labels, asked);
  ASSERT_EQ(report.evaluations[0].baselines.size(), 3u);
  const Baseline& untrained = report.evaluations[0].baselines[2];
  EXPECT_EQ(untrained.name, "untrained_encoder");
  EXPECT_EQ(untrained.correlation.spearman, 0.5);
  EXPECT_NEAR(report.evaluations[0].scores.value({}).value(), 0.055, 1e-12);
}

TEST(EvaluateTasks, ScoresFilesOfTheUser) {
  const testing::TempDir data;
  const std::string file = data.file("mine.csv", "left,right,label\na,b,-3\nc,d,250\n").string();
  data.file("stsb/test.tsv", kGraded);
  const auto report = evaluate_tasks(sum_of_labels, options(data, {"stsb", file}));
  ASSERT_EQ(report.evaluations.size(), 2u);
  const Evaluation& own = report.evaluations[1];
  EXPECT_EQ(own.task->name, file);
  EXPECT_EQ(own.split, "");
  EXPECT_EQ(own.file, file);
  EXPECT_EQ(own.scores.pairs, 2);
  EXPECT_THAT(own.notes, IsEmpty());
  EXPECT_NEAR(own.scores.correlations[0].spearman.value(), 2.47, 1e-12);
}

TEST(EvaluateTasks, SaysThatTheModelWasTrainedOnAFileOfTheUser) {
  const testing::TempDir data;
  const std::string file = data.file("own/mine.tsv", kGraded).string();
  auto asked = options(data, {file, data.file("own/new.tsv", kBinary).string()});
  asked.train_config = nlohmann::json::parse(R"({"data": {"train": [{"path": "own/mine.tsv"}]}})");
  const auto report = evaluate_tasks(sum_of_labels, asked);
  EXPECT_THAT(report.evaluations[0].notes, ElementsAre(HasSubstr("trained on this file")));
  EXPECT_THAT(report.evaluations[1].notes, IsEmpty());
}

TEST(EvaluateTasks, MapsColumnsOfFilesOfTheUserOnly) {
  const testing::TempDir data;
  const std::string file = data.file("mine.tsv", "one\ttwo\tscore\na\tb\t1\nc\td\t2\n").string();
  data.file("stsb/test.tsv", kGraded);
  auto asked = options(data, {file, "stsb"});
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, asked), "mine.tsv:1: no column named left");
  asked.columns = {{"left", "one"}, {"right", "two"}};
  EXPECT_EQ(evaluate_tasks(sum_of_labels, asked).evaluations.size(), 2u);
}

TEST(EvaluateTasks, RefusesFilesThatAreNotThereAndSplitsOfFiles) {
  const testing::TempDir data;
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"no/mine.tsv"})), "no/mine.tsv: no such file");
  auto asked = options(data, {data.file("mine.tsv", kGraded).string()});
  asked.split = "test";
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, asked),
               "--split test: ", "mine.tsv is a file, which has no splits");
}

TEST(EvaluateTasks, ReportsTasksOfAGroupThatAreMissing) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  data.file("mrpc/test.tsv", kBinary);
  const auto report = evaluate_tasks(sum_of_labels, options(data, {"non-transfer"}));
  EXPECT_THAT(scored_files(report), ElementsAre("mrpc/test", "stsb/test"));
  ASSERT_EQ(report.missing.size(), 3u);
  EXPECT_THAT(report.missing[0].why, HasSubstr("`scripts/fetch_data.sh qqp`"));

  ASSERT_EQ(report.averages.size(), 1u);
  EXPECT_THAT(report.averages[0].scored, ElementsAre("mrpc", "stsb"));
  EXPECT_THAT(report.averages[0].missing, ElementsAre("qqp", "qnli", "gis"));
  EXPECT_NEAR(report.averages[0].correlations[0].spearman.value(), (0.01 + 0.055) / 2, 1e-12);
}

TEST(EvaluateTasks, AveragesACompleteGroup) {
  const testing::TempDir data;
  for (const char* file : {"mrpc/test.tsv", "qqp/validation.tsv", "qnli/validation.tsv", "gis/test.tsv"})
    data.file(file, kBinary);
  data.file("stsb/test.tsv", kGraded);
  const auto report = evaluate_tasks(sum_of_labels, options(data, {"non-transfer"}));
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.averages.at(0).missing, IsEmpty());
  EXPECT_NEAR(report.averages.at(0).correlations[0].spearman.value(), (4 * 0.01 + 0.055) / 5, 1e-12);
}

TEST(EvaluateTasks, BootstrapsFilesAndTheirAverage) {
  const testing::TempDir data;
  const std::string rows = "sentence1\tsentence2\tscore\na\tb\t1\nc\td\t2\ne\tf\t3\ng\th\t5\n";
  data.file("sts12/test.tsv", rows);
  data.file("sts13/test.tsv", rows + "i\tj\t0\n");
  const PairScorer noisy = [](std::span<const ScoredPair> pairs, const TextProgress& progress) {
    StsScores scores = sum_of_labels(pairs, progress);
    for (const ScoredPair& pair : pairs)
      scores.similarities[0].push_back(pair.label + (pair.line % 2 == 0 ? 1.5 : 0.0));
    return scores;
  };
  auto asked = options(data, {"sts"});
  asked.bootstrap.resamples = 100;
  const auto report = evaluate_tasks(noisy, asked);
  const auto one = resampled_values(report.evaluations[0].resampled, {});
  const auto two = resampled_values(report.evaluations[1].resampled, {});
  const auto mean = resampled_values(report.averages[0].resampled, {});
  ASSERT_EQ(mean.size(), 100u);
  EXPECT_NEAR(mean[7], (one[7] + two[7]) / 2, 1e-12);
  EXPECT_THAT(resampled_values(report.averages[0].resampled, {Similarity::dot, Statistic::spearman}),
              IsEmpty());
  asked.bootstrap.resamples = 0;
  EXPECT_THAT(evaluate_tasks(noisy, asked).evaluations[0].resampled, IsEmpty());
}

TEST(EvaluateTasks, FailsForATaskAskedForByNameAndNamesAllOfThem) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"stsb,mrpc,gis"})), "mrpc/test.tsv: no such file",
               "scripts/fetch_data.sh mrpc", "scripts/fetch_data.sh gis");
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"non-transfer", "qqp"})), "qqp/validation.tsv");
}

TEST(EvaluateTasks, FailsWhenAGroupHasNoDataAtAll) {
  const testing::TempDir data;
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"all"})), data.path().c_str(),
               "none of these tasks has data there", "scripts/fetch_data.sh all");
}

TEST(EvaluateTasks, ScoresTheCleanPartForAModelThatSawStsb) {
  const testing::TempDir data;
  data.file("sts12/test.tsv", kGraded);
  data.file("sts12/test_not_in_stsb.tsv", kGraded);
  data.file("sts13/test.tsv", kGraded);
  auto asked = options(data, {"sts"});
  asked.train_config = nlohmann::json::parse(R"({"data": {"train": [{"path": "stsb/train.tsv"}]}})");
  const auto report = evaluate_tasks(sum_of_labels, asked);
  EXPECT_THAT(scored_files(report), ElementsAre("sts12/test", "sts12/test_not_in_stsb beside", "sts13/test"));
  EXPECT_THAT(report.evaluations[0].notes[0], HasSubstr("1003 of the 3108 pairs"));
  EXPECT_EQ(report.evaluations[0].notes[1], "so test_not_in_stsb is scored too");
  EXPECT_THAT(report.evaluations[2].notes[1], HasSubstr("sts13/test_not_in_stsb.tsv is not there"));
  EXPECT_THAT(report.averages.at(0).scored, ElementsAre("sts12", "sts13"));
  EXPECT_TRUE(report.averages.at(0).noted);
}

TEST(EvaluateTasks, NotesAnUnexpectedNumberOfPairs) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  const auto report = evaluate_tasks(sum_of_labels, options(data, {"stsb"}));
  EXPECT_THAT(report.evaluations.at(0).notes, ElementsAre(HasSubstr("expected 1379 pairs, found 2")));
}

TEST(EvaluateTasks, RefusesLabelsThatTheTaskDoesNotHave) {
  const testing::TempDir data;
  data.file("mrpc/test.tsv", "sentence1\tsentence2\tscore\na\tb\t0.5\n");
  data.file("stsb/test.tsv", "sentence1\tsentence2\tscore\na\tb\t3\na\tb\t80\n");
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"mrpc"})),
               "mrpc/test.tsv:2: label 0.5: expected 0 or 1");
  EXPECT_ERROR(evaluate_tasks(sum_of_labels, options(data, {"stsb"})), "stsb/test.tsv:3", "80");
}

TEST(EvaluateTasks, LeavesAnAverageUndefinedWhenATaskIs) {
  const testing::TempDir data;
  data.file("sts12/test.tsv", kGraded);
  data.file("sts13/test.tsv", kGraded);
  int call = 0;
  const PairScorer second_undefined = [&](std::span<const ScoredPair> pairs, const TextProgress& progress) {
    StsScores scores = sum_of_labels(pairs, progress);
    if (++call == 2) scores.correlations[0] = {std::nullopt, std::nullopt, "all scores are equal"};
    return scores;
  };
  const auto report = evaluate_tasks(second_undefined, options(data, {"sts"}));
  EXPECT_EQ(report.averages.at(0).correlations[0].spearman, std::nullopt);
  EXPECT_EQ(report.averages.at(0).correlations[0].why_undefined, "it is undefined for one of the tasks");
  EXPECT_TRUE(report.averages.at(0).correlations[1].spearman.has_value());
}

TEST(EvaluateTasks, ReportsProgressAcrossFiles) {
  const testing::TempDir data;
  data.file("stsb/test.tsv", kGraded);
  data.file("mrpc/test.tsv", kBinary);
  std::vector<std::string> seen;
  auto asked = options(data, {"stsb,mrpc"});
  asked.progress = [&](const EvaluationProgress& progress) {
    seen.push_back(fmt::format("{}{} {}/{} {}/{}", progress.task.name, progress.untrained ? " untrained" : "",
                               progress.evaluation, progress.evaluations, progress.texts_done,
                               progress.texts));
  };
  const PairScorer scorer = [](std::span<const ScoredPair> pairs, const TextProgress& progress) {
    progress(1, 3);
    return sum_of_labels(pairs, progress);
  };
  evaluate_tasks(scorer, asked);
  EXPECT_THAT(seen, ElementsAre("stsb 1/2 1/3", "mrpc 2/2 1/3"));
  asked.untrained = scorer;
  asked.tasks = {"mrpc"};
  evaluate_tasks(scorer, asked);
  EXPECT_THAT(seen, ElementsAre("stsb 1/2 1/3", "mrpc 2/2 1/3", "mrpc 1/1 1/3", "mrpc untrained 1/1 1/3"));
}

}  // namespace
}  // namespace angle
