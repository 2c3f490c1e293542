// Runs read back:
//  - every number of metrics.jsonl is a curve over steps, a score is an evaluation;
//  - a last line that a kill cut short is left out, a broken one before it is an error with its place;
//  - similarities beside labels are read from what training and studies leave, and refused when they do not
//    match;
//  - a directory that is no run is refused.
#include "angle/report/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using testing::TempDir;

constexpr auto kMetrics =
    R"({"best":false,"evaluation":"stsb validation cosine_spearman","score":0.5,"step":0}
{"cosine":2.5,"loss":3.5,"step":1}
{"cosine":2.0,"loss":3.0,"step":2}
{"best":true,"evaluation":"stsb validation cosine_spearman","score":0.75,"step":2}
)";

TEST(RunRecord, HoldsCurvesAndScores) {
  const TempDir directory;
  directory.file("metrics.jsonl", kMetrics);
  directory.file("train_config.json", R"({"train":{"seed":7}})");
  directory.file(
      "saturation.jsonl",
      R"({"step":1,"pairs":1,"bins":[{"above":-1,"to":1,"pairs":1,"objective_gradient":{},"similarity_gradient":{}}]})");
  const RunRecord run = read_run(directory.path());
  EXPECT_EQ(run.name, directory.path().filename());
  EXPECT_EQ(run.config["train"]["seed"], 7);
  ASSERT_EQ(run.curves.at("cosine").size(), 2u);
  EXPECT_EQ(run.curves.at("cosine")[1].x, 2);
  EXPECT_EQ(run.curves.at("cosine")[1].y, 2.0);
  EXPECT_FALSE(run.curves.contains("step"));
  ASSERT_EQ(run.evaluations.size(), 2u);
  EXPECT_EQ(run.evaluations[1].score, 0.75);
  EXPECT_TRUE(run.evaluations[1].best);
  EXPECT_EQ(run.saturation.size(), 1u);
}

TEST(RunRecord, TakesALossForNoScore) {
  const TempDir directory;
  directory.file("metrics.jsonl",
                 R"({"best":false,"evaluation":"val_loss","score":8.5,"step":0,"val_loss_angle":2.5}
{"best":true,"evaluation":"val_loss","score":5.25,"step":10,"val_loss_angle":1.5}
{"best":true,"evaluation":"val_loss.tsv cosine_spearman","score":0.5,"step":10}
)");
  const RunRecord run = read_run(directory.path());
  ASSERT_EQ(run.evaluations.size(), 3u);
  EXPECT_TRUE(run.evaluations[0].is_loss);
  EXPECT_FALSE(run.evaluations[2].is_loss) << "a file of that name";
  ASSERT_EQ(run.curves.at("val_loss").size(), 2u);
  EXPECT_EQ(run.curves.at("val_loss")[1].y, 5.25);
  EXPECT_EQ(run.curves.at("val_loss_angle").size(), 2u);
}

TEST(RunRecord, LeavesOutALineThatWasCutShort) {
  const TempDir directory;
  directory.file("metrics.jsonl", std::string(kMetrics) + R"({"cosine":1.)");
  EXPECT_EQ(read_run(directory.path()).curves.at("cosine").size(), 2u);
}

TEST(RunRecord, RefusesWhatIsNoRun) {
  const TempDir directory;
  EXPECT_ERROR(read_run(directory.path()), directory.path().string(), "no metrics.jsonl", "angle train");
  EXPECT_ERROR(read_run(directory.path() / "absent"), "absent: no such directory; expected the output");
  EXPECT_ERROR(read_run(directory.file("x.html", "")), "x.html: a file; expected the output directory of");
  directory.file("metrics.jsonl", kMetrics);
  for (const char* line : {R"({"step":1,"pairs":1,"bins":[]})", R"({"step":1})",
                           R"({"step":1,"pairs":1,"bins":[{"above":0}]})"}) {
    directory.file("saturation.jsonl", line);
    EXPECT_ERROR(read_run(directory.path()), "saturation.jsonl:1", "expected a line of saturation.jsonl");
  }
  directory.file("metrics.jsonl", std::string("[1]\n") + kMetrics);
  EXPECT_ERROR(read_run(directory.path()), "metrics.jsonl:1", "expected a JSON object");
}

TEST(RunRecord, HoldsPredictionsOfTrainingAndOfAStudy) {
  const TempDir directory;
  directory.file("metrics.jsonl", kMetrics);
  directory.file("predictions.json", R"({"similarity": "angle", "tasks": {"stsb/validation":
      {"labels": [5, 1], "before": [0.25, null], "best": [0.75, 0.5]}}})");
  directory.file("scores.json", R"({"sts12/test": {"file_checksum": "", "labels": [2], "notes": [],
      "similarities": {"cosine": [0.5], "dot": [3]}},
      "odd": {"labels": [2], "similarities": {"cosine": []}}})");
  const auto predictions = read_run(directory.path()).predictions;
  ASSERT_EQ(predictions.size(), 3u);
  EXPECT_EQ(predictions[0].moment, "before training");
  EXPECT_EQ(predictions[0].similarity, "angle");
  ASSERT_EQ(predictions[0].pairs.size(), 1u);  // null is no number
  EXPECT_EQ(predictions[1].pairs[1].x, 1);
  EXPECT_EQ(predictions[1].pairs[1].y, 0.5);
  EXPECT_EQ(predictions[2].task, "sts12/test");
  EXPECT_EQ(predictions[2].moment, "after training");
}

TEST(RunRecord, RefusesPredictionsThatAreNone) {
  const TempDir directory;
  directory.file("metrics.jsonl", kMetrics);
  for (const char* content : {R"({"similarity": "cosine", "tasks": {"a": {"labels": [1, 2], "best": [1]}}})",
                              R"({"similarity": "cosine", "tasks": {"a": {"labels": ["x"], "best": [1]}}})",
                              R"({"similarity": "cosine", "tasks": {"a": {"best": [1]}}})"}) {
    directory.file("predictions.json", content);
    EXPECT_ERROR(read_run(directory.path()), "predictions.json: expected as many similarities as labels");
  }
  for (const char* content : {"[]", "3", R"({"tasks": 3})"}) {
    directory.file("predictions.json", content);
    EXPECT_ERROR(read_run(directory.path()), "predictions.json: expected an object of objects");
  }
}

}  // namespace
}  // namespace angle
