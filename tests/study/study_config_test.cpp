// Invariants:
// - a study file of the documented shape is read, what is left out has its default; anything else is
//   refused with its path and the nearest name, all problems at once;
// - overrides are a list as `--set` takes it, or an object of the configuration's shape, to the same effect;
// - the base is looked up beside the study; tasks without a split are scored on the one that they are
//   reported on, by those of the metrics that they have, or else by their main one;
// - a part of a study has the rows and seeds that are named, in the study's order, and its baseline; what is
//   not in the study is refused with the nearest name and all that are, and what was left out can be told;
// - every study of the project can be planned, and says which question it answers.
#include "angle/study/study_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/study/study_plan.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const char* const kExample = R"({
  "description": "a question",
  "base": "base.json",
  "set": {"train": {"epochs": 2}},
  "rows": [
    {"name": "all"},
    {"name": "without angle", "set": {"loss": {"angle_weight": 0}}},
    {"name": "with a list", "set": ["loss.angle_weight=0.5", "train.schedule=cosine"]}
  ],
  "seeds": [1, 2],
  "tasks": ["stsb", "sts12/test_not_in_stsb", "mine.tsv"],
  "baseline": "all"
})";

/// The example with a part replaced.
json changed(const char* pointer, const json& value) {
  json given = json::parse(kExample);
  given[json::json_pointer(pointer)] = value;
  return given;
}

StudyConfig parse(const json& given) { return parse_study_config(given, "study.json"); }

TEST(StudyConfig, HasDefaults) {
  const StudyConfig config = parse(json::parse(kExample));
  EXPECT_EQ(config.rows.size(), 3);
  EXPECT_THAT(scored_metrics(config, {"stsb", "test"}), ElementsAre("cosine_spearman"));
  EXPECT_THAT(scored_metrics(config, {"retrieval:faq", ""}), ElementsAre("ndcg@10"));
  EXPECT_EQ(config.resamples, 10000);
  EXPECT_FALSE(config.keep_models);
  EXPECT_EQ(baseline_row(config), 0);
  EXPECT_EQ(baseline_row(parse(changed("/baseline", "with a list"))), 2);
  EXPECT_EQ(baseline_row(parse(changed("/baseline", ""))), 0);
}

TEST(StudyConfig, KnowsTheSplitsThatTasksAreReportedOn) {
  std::vector<std::string> ids;
  for (const TaskName& task : scored_tasks(parse(json::parse(kExample)))) ids.push_back(task_id(task));
  EXPECT_THAT(ids, ElementsAre("stsb/test", "sts12/test_not_in_stsb", "mine.tsv"));
}

TEST(StudyConfig, ScoresEachTaskByTheMetricsThatItHas) {
  const StudyConfig config =
      parse({{"base", "base.json"},
             {"rows", {{{"name", "all"}}}},
             {"seeds", {1}},
             {"tasks", {"stsb", "pairs:own/mine.tsv", "retrieval:/data/faq", "classify:own/topics"}},
             {"metric", "cosine_spearman, recall@5, ndcg@10, knn_accuracy"}});
  const auto tasks = scored_tasks(config);
  EXPECT_EQ(task_id(tasks[2]), "retrieval:/data/faq");
  EXPECT_THAT(scored_metrics(config, tasks[0]), ElementsAre("cosine_spearman"));
  EXPECT_THAT(scored_metrics(config, tasks[1]), ElementsAre("cosine_average_precision"));
  EXPECT_THAT(scored_metrics(config, tasks[2]), ElementsAre("recall@5", "ndcg@10"));
  EXPECT_THAT(scored_metrics(config, tasks[3]), ElementsAre("knn_accuracy"));
}

TEST(StudyConfig, RefusesMetricsThatNoTaskHas) {
  EXPECT_ERROR(parse(changed("/metric", "cosine_spearman,ndcg@10")),
               "metric ndcg@10: no task has this metric",
               "(metrics of stsb, sts12, mine.tsv: cosine_spearman, ");
  EXPECT_ERROR(parse(changed("/metric", "cosine_spaerman")),
               "metric cosine_spaerman: no task has this metric; did you mean \"cosine_spearman\"?");
  EXPECT_ERROR(parse(changed("/metric", "dot_pearson,dot_pearson")), "metric: dot_pearson is there twice");
  EXPECT_ERROR(parse(changed("/tasks/2", "retrival:faq")), "tasks retrival:faq: unknown kind of task",
               "did you mean \"retrieval\"?");
}

TEST(StudyConfig, DoesNotBlameTheMetricOfAMisspeltTask) {
  json given = changed("/tasks/2", "retrival:faq");
  given["metric"] = "ndcg@10";
  try {
    parse(given);
    FAIL() << "it is misspelt";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("tasks retrival:faq: "), Not(HasSubstr("metric"))));
  }
}

TEST(StudyConfig, NamesUnknownKeysWithTheNearest) {
  json given = json::parse(kExample);
  given["sedes"] = {1};
  given["rows"][1]["sett"] = json::object();
  given["rows"][2]["name"] = 3;
  EXPECT_ERROR(parse(given), "study.json:\n", "sedes: unknown key; did you mean \"seeds\"?",
               "rows[1].sett: unknown key; did you mean \"set\"?",
               "rows[2].name: expected string, found integer 3");
}

TEST(StudyConfig, ReportsAllProblemsTogether) {
  const json given = {{"rows", {{{"name", "a"}}, {{"name", "a"}}, {{"set", 3}}}},
                      {"seeds", {1, -1, 1}},
                      {"tasks", {"stbs", "stsb", "stsb,sts12"}},
                      {"baseline", "b"},
                      {"resamples", 5}};
  EXPECT_ERROR(parse(given), "base: missing; name the training configuration",
               "rows[1].name: \"a\" is there twice", "rows[2].name: missing",
               "rows[2].set: expected a list of \"path=value\" or an object",
               "seeds: -1, expected at least 0", "seeds: 1 is there twice",
               "tasks stbs: unknown task; did you mean \"stsb\"?",
               "tasks: \"stsb,sts12\", expected the name of one task", "baseline: there is no row \"b\"",
               "resamples: 5, expected 100 to 1000000");
}

TEST(StudyConfig, RefusesWhatMakesNoStudy) {
  EXPECT_ERROR(parse(json::object()), "rows: expected at least one", "seeds: expected at least one",
               "tasks: expected at least one");
  EXPECT_ERROR(parse(changed("/tasks/1", "stsb/test")), "tasks: stsb/test is there twice");
  EXPECT_ERROR(parse(changed("/baseline", "alll")),
               "baseline: there is no row \"alll\"; did you mean \"all\"?");
  EXPECT_ERROR(parse(changed("/rows/0/name", "a|b")), "rows[0].name: a \"|\" or a line end");
  EXPECT_ERROR(parse(changed("/rows/1/name", "before training")),
               "rows[1].name: \"before training\" is the row of the model that was not trained");
  json without = changed("/rows/1/name", "before training");
  without["before_training"] = false;
  EXPECT_NO_THROW(parse(without));
  EXPECT_ERROR(parse(changed("/set", {{"train", {{"seed", 3}}}})), "set: train.seed is what \"seeds\" says");
  EXPECT_ERROR(parse(changed("/rows/2/set", {"train.seed=3"})), "rows[2].set: train.seed is what");
  EXPECT_ERROR(parse(changed("/precision", "int8")), "precision: \"int8\" is not one of: float32, bfloat16");
  EXPECT_ERROR(parse(json::array()), "expected object, found array");
}

TEST(StudyPart, HasTheRowsAndSeedsThatAreNamedAndTheBaseline) {
  const StudyConfig study = parse(changed("/baseline", "without angle"));
  const auto names = [](const StudyConfig& config) {
    std::vector<std::string> result;
    for (const StudyRow& row : config.rows) result.push_back(row.name);
    return result;
  };
  const StudyConfig part = take_part(study, {.rows = {"with a list"}, .seeds = {"2"}});
  EXPECT_THAT(names(part), ElementsAre("without angle", "with a list"));
  EXPECT_EQ(baseline_row(part), 0);
  EXPECT_THAT(part.seeds, ElementsAre(2));
  EXPECT_EQ(left_out_of(study, part), "rows \"all\"; seeds 1");

  const StudyConfig first = parse(changed("/baseline", ""));  // the baseline is the first row
  EXPECT_THAT(names(take_part(first, {.rows = {"with a list", "without angle"}, .seeds = {}})),
              ElementsAre("all", "without angle", "with a list"));
  EXPECT_THAT(take_part(study, {.rows = {}, .seeds = {"2", "1"}}).seeds, ElementsAre(1, 2));
  EXPECT_THAT(names(take_part(study, {})), SizeIs(3));
  EXPECT_EQ(left_out_of(study, take_part(study, {})), "");
  EXPECT_EQ(left_out_of(study, take_part(study, {.rows = {}, .seeds = {"1"}})), "seeds 2");
}

TEST(StudyPart, RefusesWhatTheStudyDoesNotHave) {
  const StudyConfig study = parse(json::parse(kExample));
  EXPECT_ERROR(take_part(study, {.rows = {"all", "without angel"}, .seeds = {}}),
               "--row without angel: not in the study; did you mean \"without angle\"? (rows: \"all\", "
               "\"without angle\", \"with a list\")");
  EXPECT_ERROR(take_part(study, {.rows = {}, .seeds = {"1", "3"}}),
               "--seeds 3: not in the study (seeds: 1, 2)");
}

TEST(Overrides, OfAnObjectAreThoseOfAList) {
  const json object = {{"loss", {{"angle_weight", 0}, {"duplicates", "none"}}},
                       {"data", {{"train", {{{"path", "a.tsv"}}}}}},
                       {"train.epochs", 3}};
  EXPECT_THAT(override_assignments(object, "set"),
              ElementsAre("data.train=[{\"path\":\"a.tsv\"}]", "loss.angle_weight=0",
                          "loss.duplicates=\"none\"", "train.epochs=3"));
  EXPECT_THAT(override_assignments({"a=1", "b=c"}, "set"), ElementsAre("a=1", "b=c"));
  EXPECT_THAT(override_assignments(json::object(), "set"), IsEmpty());
  EXPECT_THAT(override_assignments({{"loss", json::object()}}, "set"), IsEmpty());
  EXPECT_THAT(override_assignments({{"data", {{"train", json::array()}}}}, "set"),
              ElementsAre("data.train=[]"));
  EXPECT_THAT(override_assignments(json::array(), "set"), IsEmpty());
  EXPECT_ERROR(override_assignments({"a=1", 2}, "rows[0].set"), "rows[0].set: expected a list");
}

TEST(LoadStudyConfig, LooksForTheBaseBesideTheStudy) {
  const testing::TempDir directory;
  const fs::path base = directory.file("base.json", "{}");
  const fs::path file = directory.file("studies/study.json", changed("/base", "../base.json").dump());
  EXPECT_EQ(load_study_config(file).base, base.string());
  EXPECT_ERROR(load_study_config(directory.file("bad.json", "{\"bsae\": 1}")), "bad.json:\n",
               "bsae: unknown key; did you mean \"base\"?");
}

TEST(LoadStudyConfig, TellsWhichCommandAConfigurationIsFor) {
  const std::string config = (fs::path(ANGLE_SOURCE_DIR) / "configs/tiny.json").string();
  EXPECT_ERROR(load_study_config(config), config +
                                              ": this is a training configuration, expected a study; use "
                                              "`angle train --config " +
                                              config + "`");
}

TEST(LoadStudyConfig, TellsOfAMissingBaseTogetherWithTheRest) {
  const testing::TempDir directory;
  const std::string problem = "\n  base: " + (directory.path() / "base.json").string() + ": no such file";
  json given = changed("/seeds", json::array());
  EXPECT_ERROR(load_study_config(directory.file("study.json", given.dump())),
               "study.json:\n  seeds: expected at least one", problem);
  given["sead"] = 1;
  EXPECT_ERROR(load_study_config(directory.file("study.json", given.dump())), "sead: unknown key", problem);
  EXPECT_ERROR(load_study_config(directory.file("study.json", kExample)), "study.json:" + problem);
  EXPECT_NO_THROW(parse(json::parse(kExample)));
}

TEST(LoadStudyConfig, ReadsEveryStudyOfTheProject) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ANGLE_SOURCE_DIR) / "configs/studies")) {
    ++files;
    const StudyConfig study = load_study_config(entry.path());
    EXPECT_THAT(study.description, HasSubstr("?")) << entry.path();
    EXPECT_EQ(study.output, "runs/studies/" + entry.path().stem().string());
    const StudyPlan plan = plan_study(
        study, {}, [](const TrainConfig&) { return json(); }, entry.path());
    EXPECT_EQ(plan.runs.size(), study.rows.size() * study.seeds.size())
        << entry.path() << ": rows are the same";
  }
  EXPECT_GE(files, 8);
}

TEST(LoadStudyConfig, SuggestsAStudyCalledByItsName) {
  const testing::TempDir directory;
  directory.file("mine.json", "{}");
  EXPECT_ERROR(load_study_config(directory.path() / "mine"), "mine: no such file; did you mean ",
               "mine.json?");
  EXPECT_ERROR(load_study_config(directory.path() / "absent"), "absent: no such file");
}

}  // namespace
}  // namespace angle
