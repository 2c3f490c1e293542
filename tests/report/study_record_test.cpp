// Pins: the tables of a study are read back as angle study writes them, undefined numbers being empty; those
// without a metric of their own are of the study's; what is something else is refused with its file.
#include "angle/report/study_record.h"

#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

constexpr auto kStudy =
    R"({"name": "objectives", "description": "d", "command": "c", "metric": "cosine_spearman",
  "baseline": "all", "runs": 4, "finished_runs": 3, "failures": ["none (seed 1): e"], "left_out": "seeds 3", "tasks": [{"task": "stsb/test", "pairs": 9, "notes": ["n"],
  "rows": [{"name": "all", "seeds": [1, 2], "mean": 0.86, "deviation": 0.01, "difference": null},
           {"name": "other", "seeds": [1], "mean": 0.85, "deviation": null, "difference":
            {"mean": -0.01, "deviation": null, "interval": [-0.02, -0.005], "by_seeds": null,
             "by_pairs": {"p_value": 0.001, "adjusted": 0.002, "significant": true}}},
           {"name": "none", "seeds": [], "mean": null, "deviation": null, "difference": null}]}]})";

TEST(StudyRecord, HoldsTablesAndTests) {
  const testing::TempDir directory;
  EXPECT_FALSE(is_study(directory.path()));
  directory.file("study.json", kStudy);
  EXPECT_TRUE(is_study(directory.path()));
  const StudyRecord study = read_study(directory.path());
  EXPECT_EQ(study.baseline, "all");
  EXPECT_EQ(study.finished_runs, 3);
  EXPECT_EQ(study.failures, std::vector<std::string>{"none (seed 1): e"});
  EXPECT_EQ(study.left_out, "seeds 3");
  EXPECT_EQ(study.tasks.at(0).metric, "cosine_spearman");
  const auto& rows = study.tasks.at(0).rows;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].deviation, 0.01);
  EXPECT_FALSE(rows[0].difference.has_value());
  EXPECT_EQ(rows[1].difference, -0.01);
  EXPECT_EQ(rows[1].low, -0.02);
  EXPECT_FALSE(rows[1].by_seeds.has_value());
  EXPECT_TRUE(rows[1].by_pairs->significant);
  EXPECT_EQ(rows[1].by_pairs->p_value, 0.001);
  EXPECT_FALSE(rows[2].mean.has_value());
}

TEST(StudyRecord, HasTheModelBeforeTrainingAsTheFirstRow) {
  const testing::TempDir directory;
  json study = json::parse(kStudy);
  study["tasks"][0]["before_training"] = {{"name", "before training"},
                                          {"seeds", json::array()},
                                          {"mean", 0.82},
                                          {"deviation", nullptr},
                                          {"difference", nullptr}};
  directory.file("study.json", study.dump());
  const auto rows = read_study(directory.path()).tasks.at(0).rows;
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].name, "before training");
  EXPECT_EQ(rows[0].seeds, 0u);
  EXPECT_EQ(rows[0].mean, 0.82);
}

TEST(StudyRecord, KnowsTheMetricOfEachTable) {
  const testing::TempDir directory;
  directory.file("study.json",
                 R"({"name": "own", "description": "", "command": "", "baseline": "all", "runs": 1,
    "finished_runs": 1, "metric": "cosine_spearman,ndcg@10", "tasks": [
      {"task": "retrieval:faq", "metric": "ndcg@10", "pairs": 0, "notes": [], "rows": []}]})");
  EXPECT_EQ(read_study(directory.path()).tasks.at(0).metric, "ndcg@10");
}

TEST(StudyRecord, RefusesWhatIsNoStudy) {
  const testing::TempDir directory;
  for (const char* content : {"{}", "[]", R"({"name": 3})"}) {
    directory.file("study.json", content);
    EXPECT_ERROR(read_study(directory.path()), "study.json: not the tables of a study");
  }
}

}  // namespace
}  // namespace angle
