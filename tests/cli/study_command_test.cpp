// `angle study` as its users see it, on configs/tiny.json:
//  - rows × seeds are trained and scored, on every kind of task that eval has, as eval does; the tables
//    come on stdout and into the output, logs and scores stay, models only where they are asked for; what
//    is done is not done again, by another study neither;
//  - Ctrl-C ends with 130, the same command goes on; so it does after a kill, to the same numbers;
//  - a model that one study is training, or has still to score, no other study takes away;
//  - other tasks are scored on models that were kept, without training; where they were not, that is told
//    before;
//  - a file that changes while the study runs is an error, not a score under a wrong name;
//  - a run that fails takes no other with it: the others are done, the tables are written, and the study ends
//    with 1 and the name, the error and the log of each that failed; the same command tries those again;
//  - the data directory need not be there when nothing lies in it;
//  - a log that is cut while its run goes on ends neither the run nor the study;
//  - tables of another study, and files that no study has written, are not replaced;
//  - a part of the rows and seeds is done and shown alone, with the runs of the study, whose tables stay;
//  - the model that the baseline starts from is scored once, in the way the baseline uses it, as eval does;
//  - --dry-run and --table train nothing; mistakes are told before anything runs;
//  - the runs may lie in the output itself; the ends of runs are seen whatever the caller does with SIGCHLD;
//  - where OpenMP binds threads, training has more than the first CPU.

#include <chrono>
#include <filesystem>
#include <sched.h>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "angle/io/file.h"
#include "angle/io/json.h"

#include "support/golden.h"
#include "support/own_data.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RunningCommand;

const fs::path kSource = ANGLE_SOURCE_DIR;

class StudyCommand : public ::testing::Test {
 protected:
  /// Two rows × two seeds of six steps.
  StudyCommand() {
    study_ = {{"description", "Is the angle of use?"},
              {"base", (kSource / "configs/tiny.json").string()},
              {"set",
               {{"model", {{"path", testing::golden_path("models/tiny-bert").string()}}},
                {"train", {{"max_steps", 6}}}}},
              {"rows", {{{"name", "all"}}, {{"name", "without angle"}, {"set", {"loss.angle_weight=0"}}}}},
              {"seeds", {1, 2}},
              {"tasks", {(kSource / "data/samples/pairs_validation.tsv").string()}},
              {"resamples", 200},
              {"threads", 1}};
  }

  std::vector<std::string> command(const std::string& output, const std::vector<std::string>& more = {}) {
    const fs::path file = directory_.file("angle_weight.json", study_.dump());
    std::vector<std::string> args = {ANGLE_BINARY,  "study",    "--config",
                                     file.string(), "--output", (directory_.path() / output).string()};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  CommandResult run(const std::string& output, const std::vector<std::string>& more = {}) {
    return testing::run_command(command(output, more));
  }

  fs::path path(const fs::path& name) const { return directory_.path() / name; }

  /// The directories of an output's runs.
  std::vector<fs::path> runs(const fs::path& output) const {
    std::vector<fs::path> runs;
    for (const auto& entry : fs::directory_iterator(path(output) / "runs"))
      if (entry.is_directory()) runs.push_back(entry.path());
    return runs;
  }

  /// Two runs, long enough to be stopped.
  void make_long() {
    study_["seeds"] = {1};
    study_["set"]["train"] = {{"epochs", 5}};
    study_["set"]["checkpoint"] = {{"every_steps", 10}};
  }

  /// Waits until a run of it is under way.
  void wait_for_checkpoint(const fs::path& output) const {
    for (int tries = 0; tries < 3000; ++tries, std::this_thread::sleep_for(10ms)) {
      if (!fs::exists(path(output) / "runs")) continue;
      for (const fs::path& run : runs(output))
        if (fs::exists(run / "model/checkpoints/step-000010")) return;
    }
    FAIL() << output << ": the study does not get on";
  }

  json study_;
  testing::TempDir directory_;
};

TEST_F(StudyCommand, MakesTablesOfRowsAndSeeds) {
  const CommandResult result = run("out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("pairs_validation.tsv, 72 pairs: cosine_spearman × 100\nrow "),
                    HasSubstr("\nall                  2  "), HasSubstr("\nwithout angle        2  "),
                    HasSubstr("4 of 4 runs are finished\n")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("run 1 of 4: all (seed 1), in "),
                                HasSubstr("run 4 of 4: without angle (seed 2), in ")));
  EXPECT_THAT(read_file(path("out/study.md")), AllOf(HasSubstr("# angle_weight\n\nIs the angle of use?\n"),
                                                     HasSubstr("| without angle | 2 | ")));
  const json study = read_json(path("out/study.json"));
  EXPECT_EQ(study.at("finished_runs"), 4);
  EXPECT_EQ(study.at("rows").at(1).at("config").at("loss").at("angle_weight"), 0.0);
  EXPECT_NE(study.at("tasks").at(0).at("rows").at(0).at("scores"),
            study.at("tasks").at(0).at("rows").at(1).at("scores"));

  for (const fs::path& run : runs("out")) {
    EXPECT_FALSE(fs::exists(run / "model"));
    EXPECT_THAT(read_file(run / "train.log"), HasSubstr("step 1/6"));
    EXPECT_EQ(read_json(run / "run.json").at("config").at("train").at("max_steps"), 6);
    const CommandResult drawn =
        testing::run_command({ANGLE_BINARY, "report", run.string(), "-o", path("report.html").string()});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  }
}

TEST_F(StudyCommand, NeedsNoDataDirectoryForFilesThatLieElsewhere) {
  study_["seeds"] = {1};
  study_["rows"].erase(1);
  std::vector<std::string> without = {"env", "-u", "ANGLE_DATA_DIR",
                                      "ANGLE_CACHE_DIR=" + path("absent").string()};
  const std::vector<std::string> study = command("out");
  without.insert(without.end(), study.begin(), study.end());
  const CommandResult result = testing::run_command(without);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 of 1 runs are finished"));
}

TEST_F(StudyCommand, FindsTheFileOfATaskBesideTheStudy) {
  directory_.file("mine.tsv", read_file(kSource / "data/samples/pairs_validation.tsv"));
  study_["tasks"] = json::array({"mine.tsv"});
  EXPECT_EQ(run("out", {"--dry-run"}).exit_code, 0);
  study_["tasks"] = json::array({"absent.tsv"});
  const CommandResult absent = run("out", {"--dry-run"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err, HasSubstr(" nor beside the study in " + directory_.path().string()));
}

TEST_F(StudyCommand, ScoresAsEvalDoes) {
  study_["keep_models"] = true;
  ASSERT_EQ(run("out").exit_code, 0);
  const json study = read_json(path("out/study.json"));
  const std::string key = study.at("rows").at(1).at("runs").at(0);
  const CommandResult scored =
      testing::run_command({ANGLE_BINARY, "eval", "--json", "--resamples", "0", "--task", study_["tasks"][0],
                            "--model", path("out/runs/" + key + "/model").string()});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(json::parse(scored.out).at("evaluations").at(0).at("scores").at("cosine").at("spearman"),
            study.at("tasks").at(0).at("rows").at(1).at("scores").at(0));
}

TEST_F(StudyCommand, ScoresTheModelBeforeTrainingOnce) {
  study_["seeds"] = {1};
  study_["rows"].erase(1);
  study_["runs"] = path("shared").string();
  EXPECT_THAT(run("out", {"--dry-run"}).out, HasSubstr("\nthe model before training is to be scored, too\n"));
  EXPECT_THAT(run("out", {"--table"}).out, Not(HasSubstr("before training")));
  const CommandResult result = run("out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("before training: " + testing::golden_path("models/tiny-bert").string() +
                                    " is scored"));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("\nbefore training      –  "), HasSubstr("that the row \"all\" starts from")));
  const json row = read_json(path("out/study.json")).at("tasks").at(0).at("before_training");
  const CommandResult scored =
      testing::run_command({ANGLE_BINARY, "eval", "--json", "--resamples", "0", "--task", study_["tasks"][0],
                            "--model", testing::golden_path("models/tiny-bert").string()});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(json::parse(scored.out).at("evaluations").at(0).at("scores").at("cosine").at("spearman"),
            row.at("mean"));

  EXPECT_THAT(run("out", {"--dry-run"}).out, Not(HasSubstr("before training")));
  const CommandResult other = run("other");  // with the same directory of runs
  EXPECT_THAT(other.err, Not(HasSubstr("before training")));
  EXPECT_EQ(other.out, result.out);
  study_["set"]["model"]["pooling"] = "cls";
  EXPECT_THAT(run("other").err, HasSubstr("before training: ")) << "it is another model in this way";
  EXPECT_NE(read_json(path("other/study.json")).at("tasks").at(0).at("before_training"), row);
  study_["before_training"] = false;
  EXPECT_THAT(run("other").out, Not(HasSubstr("before training")));
}

TEST_F(StudyCommand, TrainsWhatItCanNotScoreBeforeTraining) {
  study_["seeds"] = {1};
  study_["baseline"] = "too long";
  study_["rows"].push_back({{"name", "too long"}, {"set", {"model.max_seq_length=100000"}}});
  const CommandResult result = run("out");
  EXPECT_EQ(result.exit_code, 1) << "its run fails, too";
  EXPECT_THAT(result.err,
              HasSubstr("the tables are without the row \"before training\": model.max_seq_length: 100000"));
  EXPECT_THAT(result.out, AllOf(Not(HasSubstr("\nbefore training ")), HasSubstr("2 of 3 runs are finished")));
}

TEST_F(StudyCommand, ScoresOwnDataAsEvalDoes) {
  study_["keep_models"] = true;
  const std::string topics = testing::write_classes(path("topics"));
  study_["tasks"].push_back(topics);
  study_["metric"] = "cosine_spearman,knn_accuracy";
  const CommandResult result = run("out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("72 pairs: cosine_spearman × 100\n"),
                                HasSubstr("\n" + topics + ": knn_accuracy × 100\nrow "),
                                HasSubstr("\nnote: 58 training and 30 test texts, 2 classes")));
  EXPECT_THAT(read_file(path("out/study.md")), Not(HasSubstr("an older version")));
  const json study = read_json(path("out/study.json"));
  const std::string key = study.at("rows").at(1).at("runs").at(0);
  const CommandResult scored =
      testing::run_command({ANGLE_BINARY, "eval", "--json", "--resamples", "0", "--task", topics, "--model",
                            path("out/runs/" + key + "/model").string()});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const json& table = study.at("tasks").at(1);
  EXPECT_EQ(table.at("metric"), "knn_accuracy");
  EXPECT_EQ(table.at("rows").at(1).at("scores").at(0),
            json::parse(scored.out).at("own_data").at(0).at("scores").at("knn_accuracy"));
  EXPECT_FALSE(table.at("rows").at(1).at("difference").at("by_pairs").is_null());

  study_["metric"] = "logistic_regression_macro_f1";  // was kept with the others
  const CommandResult again = run("out");
  EXPECT_THAT(again.out, HasSubstr(": logistic_regression_macro_f1 × 100\n"));
  EXPECT_THAT(again.err, Not(HasSubstr("run 1")));
  write_file(path("topics/test.jsonl"),
             read_file(path("topics/test.jsonl")) + "{\"text\": \"x\", \"label\": \"answer\"}\n");
  EXPECT_THAT(run("out", {"--table"}).out, HasSubstr("0 of 4 runs are finished"));
}

TEST_F(StudyCommand, TestsDifferencesOnOwnDataAsEvalDoes) {
  study_["seeds"] = {1};
  study_["keep_models"] = true;
  study_["rows"][1] = {{"name", "fast"}, {"set", {"train.learning_rate=0.01"}}};
  const std::string pairs = testing::write_binary_pairs(path("binary.tsv")),
                    faq = testing::write_retrieval(path("faq")),
                    topics = testing::write_classes(path("topics")),
                    clusters = "cluster:" + path("topics/train.jsonl").string();
  study_["tasks"] = {pairs, faq, topics, clusters};
  study_["metric"] =
      "cosine_average_precision,cosine_f1,cosine_precision,cosine_recall,cosine_accuracy,ndcg@10,recall@5,"
      "logistic_regression_accuracy,logistic_regression_macro_f1,knn_macro_f1,v_measure,homogeneity,completeness";
  const CommandResult result = run("out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("binary.tsv, 72 pairs: cosine_average_precision × 100\n"));
  const json study = read_json(path("out/study.json"));
  const auto model = [&](size_t row) {
    return path("out/runs/" + study.at("rows").at(row).at("runs").at(0).get<std::string>() + "/model")
        .string();
  };
  const CommandResult compared = testing::run_command(
      {ANGLE_BINARY, "eval", "--json", "--resamples", "200", "--task",
       fmt::format("{},{},{},{}", pairs, faq, topics, clusters), "--model", model(1), "--compare", model(0)});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  size_t found = 0;
  const json differences = json::parse(compared.out).at("comparison").at("differences");
  for (const json& expected : differences) {
    for (const json& table : study.at("tasks")) {
      if (table.at("task") != expected.at("task") || table.at("metric") != expected.at("metric")) continue;
      const json& difference = table.at("rows").at(1).at("difference");
      EXPECT_EQ(difference.at("interval"), expected.at("interval")) << expected;
      EXPECT_EQ(difference.at("by_pairs").at("p_value"), expected.at("p_value")) << expected;
      ++found;
    }
  }
  EXPECT_EQ(found, 13u);
  EXPECT_EQ(study.at("tasks").size(), 13u);
  EXPECT_NE(study.at("tasks").at(0).at("rows").at(1).at("difference").at("mean"), 0.0);

  for (const fs::path& run : runs("out")) {  // as an older version wrote them
    json scores = read_json(run / "scores.json");
    for (json& task : scores) EXPECT_EQ(task.erase("items"), 1u);
    write_file(run / "scores.json", scores.dump());
  }
  EXPECT_THAT(run("out", {"--table"}).out, AllOf(HasSubstr("older"), HasSubstr("2 of 2 runs are finished")));
}

TEST_F(StudyCommand, DoesAPartOfItsRowsAndSeeds) {
  study_["rows"].push_back({{"name", "cosine, not"}, {"set", {"loss.cosine_weight=0"}}});
  const std::vector<std::string> part = {"--row", "cosine, not", "--seeds", "2"};
  std::vector<std::string> dry = part;
  dry.emplace_back("--dry-run");
  const char* left_out = "left out: rows \"without angle\"; seeds 1\n";
  EXPECT_THAT(run("out", dry).out,
              AllOf(HasSubstr("2 runs in "), HasSubstr("; 12 steps to do\n"), HasSubstr(left_out)));

  const CommandResult result = run("out", part);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\nall "), HasSubstr("\ncosine, not "), HasSubstr(left_out),
                                Not(HasSubstr("\nwithout angle ")), HasSubstr("2 of 2 runs are finished\n")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("the tables are in " + path("out/part/study.md").string()),
                                Not(HasSubstr("those of all of it"))))
      << "there are none yet";
  EXPECT_FALSE(fs::exists(path("out/study.json")));
  EXPECT_THAT(read_file(path("out/part/study.md")),
              AllOf(HasSubstr(" --row 'cosine, not' --seeds 2\n"), HasSubstr("\nLeft out: rows ")));
  EXPECT_EQ(read_json(path("out/part/study.json")).at("left_out"), "rows \"without angle\"; seeds 1");

  const CommandResult whole = run("out");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.err, AllOf(HasSubstr("run 1 of 6: all (seed 1)"), Not(HasSubstr("cosine, not (seed 2)"))))
      << "it was done with the part";
  EXPECT_THAT(whole.out, Not(HasSubstr("left out")));
  const std::string tables = read_file(path("out/study.json"));
  std::vector<std::string> shown = part;
  shown.emplace_back("--table");
  EXPECT_EQ(run("out", shown).out, result.out);
  const CommandResult other_part = run("out", {"--seeds", "1"});
  EXPECT_EQ(other_part.exit_code, 0);
  EXPECT_THAT(other_part.err, HasSubstr("they are of a part of the study; those of all of it, in "));
  EXPECT_EQ(read_file(path("out/study.json")), tables);

  study_["rows"] = {{{"name", "of another study"}}, {{"name", "angle alone"}}};
  const CommandResult stranger = run("out", {"--seeds", "1"});
  EXPECT_EQ(stranger.exit_code, 1);
  EXPECT_THAT(stranger.err, HasSubstr("out/study.json: has the tables of another study"));
}

TEST_F(StudyCommand, DoesNothingTwice) {
  study_["rows"].push_back({{"name", "the same"}, {"set", {{"loss", {{"angle_weight", 0.02}}}}}});
  const CommandResult first = run("out", {"--runs", path("shared").string()});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("run 1 of 4: all = the same (seed 1), in "));
  EXPECT_THAT(first.out, HasSubstr("the same             2  "));

  study_["runs"] = path("shared").string();
  study_["rows"].push_back({{"name", "new"}, {"set", {"loss.cosine_weight=0"}}});
  const CommandResult other = run("other");
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.err, AllOf(Not(HasSubstr(": all")), Not(HasSubstr(": without angle")),
                               HasSubstr(": new (seed 1)"), HasSubstr(": new (seed 2)")));
  const CommandResult again = run("other");
  EXPECT_THAT(again.err, Not(HasSubstr("run ")));
  EXPECT_EQ(again.out, other.out);
}

TEST_F(StudyCommand, ScoresKeptModelsOnOtherTasksWithoutTraining) {
  study_["seeds"] = {1};
  study_["keep_models"] = true;
  study_["runs"] = path("shared").string();
  ASSERT_EQ(run("out").exit_code, 0);
  const fs::path other_pairs = directory_.file("other.tsv", read_file(study_["tasks"][0].get<std::string>()));
  study_["tasks"].push_back(other_pairs.string());
  study_["keep_models"] = false;  // of this study; the first one's models stay
  EXPECT_THAT(run("other", {"--dry-run"}).out,
              AllOf(HasSubstr("all            trained "), HasSubstr("; 0 steps to do")));
  bool without_checkpoints = false;  // of the second run, as a user may save space
  for (const auto& entry : fs::directory_iterator(path("shared"))) {
    if (!entry.is_directory()) continue;
    if (std::exchange(without_checkpoints, true)) fs::remove_all(entry.path() / "model/checkpoints");
  }
  const CommandResult other = run("other");
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.out, AllOf(HasSubstr("other.tsv, 72 pairs"), HasSubstr("2 of 2 runs are finished")));
  EXPECT_THAT(other.err, Not(HasSubstr("trained again")));
  for (const auto& entry : fs::directory_iterator(path("shared"))) {
    if (!entry.is_directory()) continue;
    const std::string log = read_file(entry.path() / "train.log");
    EXPECT_EQ(log.find("step 1/6"), log.rfind("step 1/6"));
    EXPECT_TRUE(fs::exists(entry.path() / "model/model.safetensors"));
    EXPECT_EQ(read_json(entry.path() / "scores.json").size(), 2u);
  }
  const CommandResult again = run("other");
  EXPECT_THAT(again.err, Not(HasSubstr("run 1")));
}

TEST_F(StudyCommand, TellsBeforeItTrainsAgainForOtherTasks) {
  study_["seeds"] = {1};
  const CommandResult first = run("out");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const json tasks = study_["tasks"];
  study_["tasks"] = {directory_.file("other.tsv", read_file(tasks[0].get<std::string>())).string()};
  const char* warning =
      "2 of 2 runs were scored on other tasks (or files) only and their models were not kept";
  const CommandResult plan = run("out", {"--dry-run"});
  EXPECT_THAT(plan.out, AllOf(HasSubstr("all            train again "), HasSubstr("; 12 steps to do")));
  EXPECT_THAT(plan.err, HasSubstr(warning));
  const CommandResult again = run("out");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_LT(again.err.find(warning), again.err.find("run 1 of 2"));
  for (const fs::path& run : runs("out")) {
    EXPECT_FALSE(fs::exists(run / "model"));
    EXPECT_EQ(read_json(run / "scores.json").size(), 2u);  // the others' are still there
  }
  study_["tasks"] = tasks;
  EXPECT_EQ(run("out").out, first.out);
}

TEST_F(StudyCommand, KeepsTheScoresOfAnotherStudyOnOtherFilesOfTheSameName) {
  study_["seeds"] = {1};
  study_["runs"] = path("shared").string();
  study_["tasks"] = {"classify:topics"};
  testing::write_classes(path("data/topics"));
  testing::write_classes(path("other_data/topics"));
  write_file(path("other_data/topics/test.jsonl"), read_file(path("other_data/topics/train.jsonl")));
  const std::vector<std::string> first = {"--data-dir", path("data").string()};
  const std::vector<std::string> second = {"--data-dir", path("other_data").string()};
  const CommandResult before = run("out", first);
  ASSERT_EQ(before.exit_code, 0) << before.err;
  const CommandResult other = run("other", second);
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_NE(other.out, before.out);
  const CommandResult again = run("out", first);
  EXPECT_THAT(again.err, Not(HasSubstr("run 1")));
  EXPECT_EQ(again.out, before.out);
  EXPECT_EQ(run("other", second).out, other.out);
}

TEST_F(StudyCommand, LeavesTheTrainingOfAnotherStudyAlone) {
  make_long();
  study_["rows"].erase(1);
  study_["runs"] = path("shared/runs").string();
  ASSERT_EQ(run("first").exit_code, 0);
  ASSERT_EQ(runs("shared").size(), 1u);
  const fs::path directory = runs("shared")[0], checkpoint = directory / "model/checkpoints/step-000010";
  const std::string metrics = read_file(directory / "metrics.jsonl");

  const json tasks = study_["tasks"];
  const auto pairs = [&](const char* name) {
    return json::array({directory_.file(name, read_file(tasks[0].get<std::string>())).string()});
  };
  study_["tasks"] = pairs("second.tsv");  // the model is gone, so it has to be trained again
  RunningCommand second(command("second"));
  wait_for_checkpoint("shared");
  second.send(SIGINT);
  ASSERT_EQ(second.wait().exit_code, 130);
  ASSERT_TRUE(fs::exists(checkpoint));

  study_["tasks"] = tasks;
  EXPECT_EQ(run("first").exit_code, 0) << "it has nothing to do";
  EXPECT_TRUE(fs::exists(checkpoint));
  EXPECT_EQ(read_file(directory / "metrics.jsonl"), metrics);

  study_["tasks"] = pairs("third.tsv");
  EXPECT_EQ(run("third").exit_code, 0);
  EXPECT_TRUE(fs::exists(directory / "model")) << "the second study has still to score it";

  study_["tasks"] = pairs("second.tsv");
  EXPECT_THAT(run("second").err, HasSubstr("run 1 of 1: finished"));
  EXPECT_FALSE(fs::exists(directory / "model"));
  EXPECT_EQ(read_json(directory / "scores.json").size(), 3u);
  const std::string log = read_file(directory / "train.log");
  EXPECT_THAT(log, HasSubstr("resumed at step 115 of 115 from ")) << "it is scored, not trained again";
}

TEST_F(StudyCommand, MakesUpForAKillBetweenScoresAndLettingGo) {
  study_["seeds"] = {1};
  study_["rows"].erase(1);
  study_["keep_models"] = true;
  ASSERT_EQ(run("out").exit_code, 0);
  ASSERT_EQ(runs("out").size(), 1u);
  const fs::path directory = runs("out")[0];
  json about = read_json(directory / "run.json");
  about["keeps_model"] = false;
  write_file(directory / "run.json", about.dump());
  fs::remove(directory / "metrics.jsonl");
  study_["keep_models"] = false;
  EXPECT_EQ(run("out").exit_code, 0);
  EXPECT_FALSE(fs::exists(directory / "model"));
  EXPECT_TRUE(fs::exists(directory / "metrics.jsonl"));
}

TEST_F(StudyCommand, TellsWhatComesTooLateForFinishedRuns) {
  study_["rows"].erase(1);
  ASSERT_THAT(run("out").err, Not(HasSubstr("warning")));
  EXPECT_THAT(run("out").err, Not(HasSubstr("warning")));
  study_["keep_models"] = true;
  const char* models = "2 of 2 runs were finished without \"keep_models\": true, and their models are gone";
  EXPECT_THAT(run("out", {"--dry-run"}).err, HasSubstr(models));
  EXPECT_THAT(run("out").err, HasSubstr(models));
  study_["keep_models"] = false;
  EXPECT_THAT(run("out", {"--set", "train.saturation_every_steps=3"}).err,
              HasSubstr("2 of 2 runs were finished with another train.saturation_every_steps"));
}

TEST_F(StudyCommand, ReadsRunsThatDoNotSayWhetherTheyKeepTheirModel) {
  study_["seeds"] = {1};
  study_["keep_models"] = true;
  ASSERT_EQ(run("out").exit_code, 0);
  for (const fs::path& run : runs("out")) {
    json about = read_json(run / "run.json");
    about.erase("keeps_model");
    write_file(run / "run.json", about.dump());
  }
  study_["keep_models"] = false;
  EXPECT_THAT(run("out").out, HasSubstr("2 of 2 runs are finished"));
  for (const fs::path& run : runs("out")) EXPECT_TRUE(fs::exists(run / "model"));
}

TEST_F(StudyCommand, RefusesScoresOfFilesThatChangedMeanwhile) {
  make_long();
  study_["rows"].erase(1);
  const fs::path data = directory_.file("mine.tsv", read_file(kSource / "data/samples/pairs_train.tsv"));
  study_["set"]["data"] = {{"train", {{{"path", data.string()}}}}};
  const fs::path base = directory_.file("base.json", read_file(kSource / "configs/tiny.json"));
  study_["base"] = base.string();
  RunningCommand running(command("out"));
  wait_for_checkpoint("out");
  write_file(base, read_file(base) + "\n");
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("error: all (seed 1): " + base.string() + ", or a file that it names, "),
                    HasSubstr("has changed while the study ran; remove ")));
  ASSERT_EQ(runs("out").size(), 1u);
  const fs::path directory = runs("out")[0];
  EXPECT_THAT(result.err, HasSubstr((directory / "model").string() + " and start again"));
  EXPECT_FALSE(fs::exists(directory / "scores.json"));
  fs::remove_all(directory / "model");
  EXPECT_THAT(run("out").out, HasSubstr("1 of 1 runs are finished"));
}

TEST_F(StudyCommand, RefusesScoresOnATaskThatChangedMeanwhile) {
  make_long();
  study_["rows"].erase(1);
  const fs::path task = directory_.file("mine.tsv", read_file(study_["tasks"][0].get<std::string>()));
  study_["tasks"] = {task.string()};
  RunningCommand running(command("out"));
  wait_for_checkpoint("out");
  write_file(task, read_file(task) + "one more\tand another\t3\n");
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: all (seed 1): " + task.string() +
                                    " has changed while the study ran; start again"));
  ASSERT_EQ(runs("out").size(), 1u);
  EXPECT_FALSE(fs::exists(runs("out")[0] / "scores.json"));
  EXPECT_THAT(run("out").out, AllOf(HasSubstr("73 pairs"), HasSubstr("1 of 1 runs are finished")));
}

TEST_F(StudyCommand, TrainsAgainOnOtherData) {
  const fs::path data = directory_.file("mine.tsv", read_file(kSource / "data/samples/pairs_train.tsv"));
  study_["seeds"] = {1};
  study_["set"]["data"] = {{"train", {{{"path", data.string()}}}}};
  ASSERT_EQ(run("out").exit_code, 0);
  directory_.file("mine.tsv", read_file(data) + "one more\tand another\t3\n");
  EXPECT_THAT(run("out", {"--table"}).out, HasSubstr("0 of 2 runs are finished"));
}

TEST_F(StudyCommand, ListsItsRuns) {
  const CommandResult before = run("out", {"--dry-run"});
  ASSERT_EQ(before.exit_code, 0) << before.err;
  EXPECT_THAT(before.out, AllOf(HasSubstr("without angle  not begun     2      6\n"), HasSubstr("4 runs in "),
                                HasSubstr("; 24 steps to do\n")));
  EXPECT_FALSE(fs::exists(path("out")));

  study_["seeds"] = {1};
  ASSERT_EQ(run("out").exit_code, 0);
  study_["seeds"] = {1, 2};
  EXPECT_THAT(run("out", {"--dry-run"}).out,
              AllOf(HasSubstr("all            finished      1      6\n"),
                    HasSubstr("all            not begun     2      6\n"), HasSubstr("; 12 steps to do\n")));
  const CommandResult table = run("out", {"--table"});
  EXPECT_THAT(table.out,
              AllOf(HasSubstr("without angle        1  "), HasSubstr("2 of 4 runs are finished\n")));
  EXPECT_THAT(table.err, IsEmpty());
  EXPECT_THAT(run("out", {"--dry-run", "--set", "train.epochs=1", "--set", "train.max_steps=0"}).out,
              HasSubstr("92 steps to do"));  // 360 pairs in batches of 16, four times
}

TEST_F(StudyCommand, GoesOnWhenALogIsCut) {
  make_long();
  study_["rows"].erase(1);
  study_["set"]["train"] = {{"epochs", 20}};  // long enough for a look at the log
  RunningCommand interrupted(command("out"));
  wait_for_checkpoint("out");
  interrupted.send(SIGINT);
  ASSERT_EQ(interrupted.wait().exit_code, 130);

  const fs::path log = runs("out").at(0) / "train.log";
  fs::resize_file(log, 1'000'000);
  RunningCommand running(command("out"));
  while (running.is_running() && fs::file_size(log) <= 1'000'000) std::this_thread::sleep_for(1ms);
  fs::resize_file(log, 0);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 of 1 runs are finished"));
}

TEST_F(StudyCommand, StopsWhileItScoresTheModelBeforeTraining) {
  const std::string faq = testing::write_retrieval(path("faq"));
  std::string corpus = read_file(path("faq/corpus.jsonl"));
  for (int i = 0; i < 100'000; ++i)
    corpus +=
        json{{"_id", fmt::format("more{}", i)}, {"text", fmt::format("the harbour {}", i)}}.dump() + "\n";
  write_file(path("faq/corpus.jsonl"), corpus);
  study_["tasks"] = {faq};
  RunningCommand running(command("out"));
  while (running.is_running() && !fs::exists(path("out/runs/.lock"))) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(300ms);  // it scores for seconds
  running.send(SIGINT);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("interrupted before the first run; the same command goes on"));
  EXPECT_THAT(runs("out"), IsEmpty());
}

TEST_F(StudyCommand, GoesOnWhenInterrupted) {
  make_long();
  RunningCommand running(command("out"));
  wait_for_checkpoint("out");
  running.send(SIGINT);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("interrupted at run 1 of 2; the same command goes on"));
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(run("out", {"--dry-run"}).out, HasSubstr("all            step "));
  const CommandResult rest = run("out");
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("2 of 2 runs are finished"));
}

TEST_F(StudyCommand, TrainsOnSeveralCpusWhereOpenMpBindsThreads) {
  cpu_set_t own, of_training;
  ASSERT_EQ(sched_getaffinity(0, sizeof own, &own), 0);
  if (CPU_COUNT(&own) < 2) GTEST_SKIP() << "there is one CPU only";
  make_long();
  study_["threads"] = 2;
  std::vector<std::string> bound = command("out");
  bound.insert(bound.begin(), {"env", "OMP_PROC_BIND=close"});
  RunningCommand running(bound);
  wait_for_checkpoint("out");
  const std::string study = std::to_string(running.process_id());
  const int training = std::stoi(read_file("/proc/" + study + "/task/" + study + "/children"));
  CPU_ZERO(&of_training);
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(training) + "/task")) {
    cpu_set_t of_thread;
    ASSERT_EQ(sched_getaffinity(std::stoi(task.path().filename()), sizeof of_thread, &of_thread), 0);
    CPU_OR(&of_training, &of_training, &of_thread);
  }
  EXPECT_GE(CPU_COUNT(&of_training), 2);
  running.send(SIGINT);
  EXPECT_EQ(running.wait().exit_code, 130);
}

TEST_F(StudyCommand, GoesOnToTheSameNumbersWhenKilled) {
  make_long();
  const CommandResult whole = run("whole");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  RunningCommand running(command("killed"));
  wait_for_checkpoint("killed");
  running.send(SIGKILL);  // the training process must not outlive it, or the run would be in use
  ASSERT_EQ(running.wait().exit_code, 128 + SIGKILL);
  const CommandResult rest = run("killed");
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(rest.out, whole.out);
  EXPECT_EQ(read_json(path("killed/study.json")), read_json(path("whole/study.json")));
  bool resumed = false;
  for (const fs::path& run : runs("killed"))
    resumed |= read_file(run / "train.log").find("resumed at step ") != std::string::npos;
  EXPECT_TRUE(resumed);
}

TEST_F(StudyCommand, DoesTheOtherRunsWhenOneFails) {
  study_["rows"][1]["set"] = {"loss.matryoshka_dims=[64]"};
  const CommandResult result = run("out");
  EXPECT_EQ(result.exit_code, 1);
  const char* failure =
      "without angle (seed 2): training ended with exit code 1: error: loss.matryoshka_dims: 64, but the "
      "model has 32 dimensions\nthe log is ";
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("warning: run 2 of 4 failed: without angle (seed 1): training ended"),
                    HasSubstr("run 3 of 4: finished"),
                    HasSubstr("error: 2 of 4 runs failed; the same command tries them again\nwithout angle "
                              "(seed 1): training ended"),
                    HasSubstr(failure)));
  EXPECT_THAT(result.out, AllOf(HasSubstr(failure), HasSubstr("2 of 4 runs are finished")));
  EXPECT_THAT(read_file(path("out/study.md")),
              AllOf(HasSubstr("| without angle | 0 | – |"), HasSubstr(failure)));
  EXPECT_THAT(read_json(path("out/study.json")).at("failures").at(1).get<std::string>(), HasSubstr(failure));
  EXPECT_EQ(run("out").exit_code, 1) << "they are tried again";
  study_["rows"][1]["set"] = {"loss.matryoshka_dims=[16]"};
  const CommandResult repaired = run("out");
  EXPECT_EQ(repaired.exit_code, 0) << repaired.err;
  EXPECT_THAT(repaired.err, Not(HasSubstr("run 1 of 4")));
}

TEST_F(StudyCommand, TellsMistakesBeforeAnythingRuns) {
  const auto error = [&](const std::vector<std::string>& more = {}) {
    const CommandResult result = run("out", more);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_FALSE(fs::exists(path("out")));
    return result.err;
  };
  EXPECT_THAT(error({"--set", "loss.angel_weight=1"}),
              HasSubstr("tiny.json:\n  loss.angel_weight: unknown key; did you mean \"angle_weight\"?"));
  EXPECT_THAT(error({"--row", "without angel"}),
              HasSubstr("--row without angel: not in the study; did you mean \"without angle\"? (rows: "));
  EXPECT_THAT(error({"--seeds", "1, 7"}), HasSubstr("--seeds 7: not in the study (seeds: 1, 2)"));
  const CommandResult no_seed = run("out", {"--seeds", ",", "--dry-run"});
  EXPECT_EQ(no_seed.exit_code, 2);
  EXPECT_THAT(no_seed.err, HasSubstr("--seeds ,: names no seed"));
  study_["rows"][1]["set"] = {{"train", {{"epochs", 0}}}};
  EXPECT_THAT(error(),
              HasSubstr("angle_weight.json: row \"without angle\":\n  train.epochs: 0, expected at least 1"));
  study_["rows"][1]["set"] = {{"data", {{"train", {{{"path", "nowhere.tsv"}}}}}}};
  EXPECT_THAT(error(), HasSubstr("nowhere.tsv: no such data file"));
  study_["rows"][1]["set"] = json::object();
  study_["tasks"] = {"stsb"};
  EXPECT_THAT(error({"--data-dir", directory_.path().string()}), HasSubstr("stsb/test.tsv: no such file"));
  study_["tasks"] = {directory_.file("bad.tsv", "sentence1\tsentence2\tscore\na\tb\tthree\n").string()};
  EXPECT_THAT(error(), AllOf(HasSubstr("bad.tsv:2: "), HasSubstr("three")));
  study_["tasks"] = {directory_.file("flat.tsv", "sentence1\tsentence2\tscore\na\tb\t3\nc\td\t3\n").string()};
  EXPECT_THAT(error(), HasSubstr("flat.tsv: no model has a score on it: all labels are equal"));
  study_["tasks"] = {"cluster:" + directory_.file("one.tsv", "text\tlabel\na\tx\nb\tx\n").string()};
  EXPECT_THAT(error(), HasSubstr("one.tsv: all texts have the same label"));
  study_["metric"] = "cosine_spearman";
  EXPECT_THAT(error(), HasSubstr("metric cosine_spearman: no task has this metric"));
  study_.erase("metric");
  study_["sead"] = 1;
  EXPECT_THAT(error(), HasSubstr("angle_weight.json:\n  sead: unknown key; did you mean \"seeds\"?"));
}

TEST_F(StudyCommand, ReplacesNoTablesOfAnotherStudy) {
  study_["seeds"] = {1};
  ASSERT_EQ(run("out").exit_code, 0);
  const std::string tables = read_file(path("out/study.json")), document = read_file(path("out/study.md"));
  const fs::path other = directory_.file("other.json", study_.dump());
  const CommandResult refused = testing::run_command(
      {ANGLE_BINARY, "study", "--config", other.string(), "--output", path("out").string()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(refused.err, AllOf(HasSubstr("study.json: has the tables of another study, angle_weight on "),
                                 HasSubstr("name another directory with --output")));
  EXPECT_EQ(read_file(path("out/study.json")), tables);
  EXPECT_EQ(read_file(path("out/study.md")), document);
  study_["rows"].push_back({{"name", "new"}, {"set", {"loss.cosine_weight=0"}}});
  EXPECT_EQ(run("out").exit_code, 0);

  directory_.file("own/study.md", "my notes\n");
  const CommandResult own = run("own");
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.err, HasSubstr("study.md: is there without a study.json"));
  EXPECT_EQ(read_file(path("own/study.md")), "my notes\n");
}

TEST_F(StudyCommand, KeepsItsRunsInTheOutputItself) {
  study_["seeds"] = {1};
  const CommandResult result = run("out", {"--runs", path("out").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 of 2 runs are finished"));
}

TEST_F(StudyCommand, SeesItsRunsEndWhereTheEndsOfChildrenAreIgnored) {
  study_["seeds"] = {1};
  std::vector<std::string> ignoring = {"/bin/sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"};
  const std::vector<std::string> study = command("out");
  ignoring.insert(ignoring.end(), study.begin(), study.end());
  const CommandResult result = testing::run_command(ignoring);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 of 2 runs are finished"));
}

TEST_F(StudyCommand, LetsNoSecondProcessWriteToTheSameOutput) {
  make_long();
  RunningCommand first(command("out"));
  wait_for_checkpoint("out");
  EXPECT_THAT(run("out").err, HasSubstr("another process writes to this directory"));
  first.send(SIGKILL);
  first.wait();
}

}  // namespace
}  // namespace angle
