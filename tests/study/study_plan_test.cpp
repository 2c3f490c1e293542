// Invariants:
// - the runs are rows × seeds, seed by seed;
// - rows with the same effective configuration share theirs, and so do rows that differ only in what decides
//   nothing; other files make other runs;
// - the later of two overrides counts: study, command line, row, seed;
// - what is wrong with any row is told with its name, before anything runs.
#include "angle/study/study_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/train/deciding_part.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

class Plans : public ::testing::Test {
 protected:
  StudyPlan plan(const std::vector<StudyRow>& rows, const std::vector<std::string>& overrides = {}) const {
    StudyConfig study = study_;
    study.rows = rows;
    return plan_study(
        study, overrides, [&](const TrainConfig& config) { return inputs_ + config.model.path; },
        "study.json");
  }

  testing::TempDir directory_;
  std::string inputs_;
  StudyConfig study_{.description = "",
                     .base = directory_.file("base.json", R"({"model": {"path": "m"}, "train": {"epochs": 3},
                       "data": {"train": [{"path": "a.tsv", "format": "triplets"}]}})"),
                     .set = {{"loss", {{"angle_weight", 0.5}}}},
                     .rows = {},
                     .seeds = {7, 8},
                     .tasks = {"stsb"},
                     .baseline = "",
                     .output = "",
                     .runs = "",
                     .precision = ""};
};

TEST_F(Plans, AreRowsTimesSeeds) {
  const StudyPlan plan = this->plan({{"a", json::object()}, {"b", {{"loss", {{"angle_weight", 0}}}}}});
  ASSERT_EQ(plan.runs.size(), 4);
  EXPECT_THAT(plan.runs_of, ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
  EXPECT_EQ(plan.runs[3].seed, 8);
  EXPECT_EQ(plan.runs[3].config.train.seed, 8);
  EXPECT_EQ(plan.runs[3].config.loss.angle_weight, 0);
  EXPECT_EQ(plan.runs[2].config.loss.angle_weight, 0.5);
  EXPECT_EQ(plan.runs[2].config.train.epochs, 3);
  EXPECT_THAT(plan.runs[3].rows, ElementsAre("b"));
  EXPECT_THAT(plan.runs[3].assignments,
              ElementsAre("loss.angle_weight=0.5", "loss.angle_weight=0", "train.seed=8"));
  EXPECT_EQ(plan.runs[3].key.size(), 16);
}

TEST_F(Plans, ShareIdenticalRuns) {
  const StudyPlan plan = this->plan({{"a", json::object()},
                                     {"the same", {"loss.angle_weight=0.5"}},
                                     {"deciding nothing", {"description=x", "checkpoint.every_steps=7"}}});
  ASSERT_EQ(plan.runs.size(), 2);
  EXPECT_THAT(plan.runs_of, ElementsAre(ElementsAre(0, 1), ElementsAre(0, 1), ElementsAre(0, 1)));
  EXPECT_THAT(plan.runs[0].rows, ElementsAre("a", "the same", "deciding nothing"));
}

/// Keys that are younger than such runs change nothing at their defaults, so no run has to be done again.
TEST(DecidingPart, KnowsYoungerKeysOnlyWhereTheyChangeSomething) {
  TrainConfig config;
  EXPECT_FALSE(deciding_part(config).at("loss").contains("cosine_similarity"));
  EXPECT_FALSE(deciding_part(config).at("loss").contains("regression_labels"));
  config.loss.cosine_similarity = CosineVariant::arccos;
  config.loss.regression_labels = {0, 5};
  EXPECT_EQ(deciding_part(config).at("loss").at("cosine_similarity"), "arccos");
  EXPECT_EQ(deciding_part(config).at("loss").at("regression_labels"), json({0.0, 5.0}));
}

TEST_F(Plans, TellFilesApart) {
  const StudyPlan before = plan({{"a", json::object()}}), again = plan({{"a", json::object()}});
  EXPECT_EQ(before.runs[0].key, again.runs[0].key);
  inputs_ = "changed";
  EXPECT_NE(before.runs[0].key, plan({{"a", json::object()}}).runs[0].key);
}

TEST_F(Plans, LetTheLaterOverrideCount) {
  const StudyRow row{"a", {"train.epochs=5"}};
  const auto train = [&](const std::vector<std::string>& overrides) {
    return plan({row}, overrides).runs[0].config;
  };
  EXPECT_EQ(train({"loss.angle_weight=2"}).loss.angle_weight, 2);
  EXPECT_EQ(train({"train.epochs=9"}).train.epochs, 5);
  study_.precision = "bfloat16";
  EXPECT_EQ(train({}).train.precision, Precision::bfloat16);
  EXPECT_EQ(train({"train.precision=float32"}).train.precision, Precision::float32);
}

TEST_F(Plans, ReportEveryRowThatCanNotBe) {
  EXPECT_ERROR(plan({{"a", json::object()},
                     {"b", {{"loss", {{"angel_weight", 0}}}}},
                     {"c", {"train.epochs"}},
                     {"d", {"train.epochs=0"}}}),
               "study.json: row \"b\":\n  loss.angel_weight: unknown key; did you mean \"angle_weight\"?",
               "\nstudy.json: row \"c\": --set train.epochs: expected path=value",
               "\nstudy.json: row \"d\":\n  train.epochs: 0, expected at least 1");
  EXPECT_ERROR(plan({{"a", json::object()}}, {"loss.angel_weight=1"}),
               "base.json:\n  loss.angel_weight: unknown key");
  EXPECT_ERROR(plan({{"a", json::object()}}, {"train.seed=7"}),
               "--set train.seed=7: the seeds are those of the study; change \"seeds\" in study.json");
  study_.base = "missing.json";
  EXPECT_ERROR(plan({{"a", json::object()}}), "missing.json: can't be opened");
}

}  // namespace
}  // namespace angle
