// `angle train` as its users see it, on configs/tiny.json:
//  - stdout stays empty, the output is a model that `angle embed` and `angle eval` take, also when nobody
//    reads the log any more;
//  - configurations come from a path, a bare name or stdin; relative data lie in the data directory or
//    beside them;
//  - what is wrong with a configuration is reported all together, with the nearest names, and nothing is
//    begun;
//  - Ctrl-C, SIGTERM and a terminal that goes save and exit 130, but for SIGHUP under nohup; a full disk is
//  an error that leaves the last checkpoint intact;
//  - two processes do not write to one output.

#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/json.h"

#include "cli/tiny_command.h"
#include "support/golden.h"
#include "support/own_data.h"
#include "support/run_command.h"
#include "support/run_directory.h"
#include "support/signal_masks.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RunningCommand;
using testing::TempDir;
using testing::tiny_command;
using testing::wait_for_steps;

const fs::path kSource = ANGLE_SOURCE_DIR;

CommandResult train(const fs::path& output, const std::vector<std::string>& more = {}) {
  return testing::run_command(tiny_command(output, more));
}

// --- a run

TEST(TrainCommand, MakesAModelForTheOtherCommands) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  const CommandResult result = train(output, {"--set", "train.max_steps=8"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("BERT 3 × 32"), HasSubstr("360 scored_pairs"), HasSubstr("step 1/8"),
                    HasSubstr("loss "), HasSubstr("cosine "), HasSubstr("angle "), HasSubstr("tokens/s"),
                    HasSubstr("left"), HasSubstr("the model is in " + output.string())));

  EXPECT_THAT(result.err, HasSubstr("dropout as the model says (0, attention 0), "));
  EXPECT_THAT(result.err,
              HasSubstr("evaluation: none: evaluation.task and evaluation.loss_data are empty; the model"));
  const std::string card = read_file(output / "README.md");
  EXPECT_THAT(card, AllOf(HasSubstr("Made by angle "), HasSubstr("angle train --config "),
                          HasSubstr(" --set train.max_steps=8"), Not(HasSubstr("--output"))));
  EXPECT_THAT(train(output, {"--set", "train.max_steps=8", "--resume"}).exit_code, 0);
  EXPECT_EQ(read_file(output / "README.md"), card);

  const CommandResult embedded =
      testing::run_command({ANGLE_BINARY, "embed", "--model", output.string()}, "a cat\n");
  EXPECT_EQ(embedded.exit_code, 0) << embedded.err;
  EXPECT_EQ(json::parse(embedded.out).at("embedding").size(), 32u);

  fs::create_directories(directory.path() / "stsb");
  fs::copy_file(kSource / "data/samples/pairs_validation.tsv", directory.path() / "stsb/test.tsv");
  const CommandResult scored =
      testing::run_command({ANGLE_BINARY, "eval", "--task", "stsb", "--model", output.string(), "--data-dir",
                            directory.path().string()});
  EXPECT_EQ(scored.exit_code, 0) << scored.err;
}

TEST(TrainCommand, GoesOnWhenTheReaderOfItsLogGoes) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  std::vector<std::string> unread = {"bash", "-c", "set -o pipefail; \"$@\" 2>&1 | true", "bash"};
  const std::vector<std::string> command = tiny_command(output, {"--set", "train.max_steps=8"});
  unread.insert(unread.end(), command.begin(), command.end());
  EXPECT_EQ(testing::run_command(unread).exit_code, 0);
  EXPECT_TRUE(fs::exists(output / "model.safetensors"));
}

TEST(TrainCommand, ValidatesOnATaskOfTheDataDirectory) {
  const TempDir data;
  fs::create_directories(data.path() / "stsb");
  fs::copy_file(kSource / "data/samples/pairs_validation.tsv", data.path() / "stsb/validation.tsv");
  const std::vector<std::string> more = {"--set",      "evaluation.task=stsb", "--set", "train.max_steps=8",
                                         "--data-dir", data.path().string()};
  const CommandResult result = train(data.path() / "model", more);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("step 0: stsb validation cosine_spearman"), HasSubstr("the best so far, saved"),
                    HasSubstr("best validation score"), HasSubstr("before training")));
  fs::remove(data.path() / "stsb/validation.tsv");
  const CommandResult missing = train(data.path() / "other", more);
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err,
              AllOf(HasSubstr("stsb/validation.tsv: no such file"), HasSubstr("scripts/fetch_data.sh stsb")));
  EXPECT_FALSE(fs::exists(data.path() / "other"));
}

TEST(TrainCommand, TrainsTheSameFromFilesLargerThanMemory) {
  const TempDir directory;
  const std::string file =
      directory.file("pairs.tsv", read_file(kSource / "data/samples/pairs_train.tsv")).string();
  const std::vector<std::string> common = {
      "--set", "data.train[0].path=" + file, "--set", "train.max_steps=30", "--set", "loss.duplicates=drop"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), common.begin(), common.end());
    return more;
  };
  ASSERT_EQ(train(directory.path() / "memory", with({})).exit_code, 0);
  const CommandResult first = train(directory.path() / "file", with({"--in-memory-mb", "0"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("pairs.tsv: reading all rows once, to make an index"));
  EXPECT_THAT(testing::differing_files(directory.path() / "memory", directory.path() / "file"), IsEmpty());
  const CommandResult second = train(directory.path() / "again", with({"--in-memory-mb", "0"}));
  EXPECT_THAT(second.err, Not(HasSubstr("reading all rows once")));
  EXPECT_THAT(testing::differing_files(directory.path() / "memory", directory.path() / "again"), IsEmpty());
}

TEST(TrainCommand, ReportsEveryBadRowBeforeItBegins) {
  const TempDir directory;
  const std::string file =
      directory.file("pairs.tsv", "left\tright\tlabel\na\tb\t1\nbad\na\tb\t9\n \tb\t1\n").string();
  for (const char* megabytes : {"512", "0"}) {
    const fs::path output = directory.path() / "model";
    const CommandResult result =
        train(output, {"--set", "data.train[0].path=" + file, "--in-memory-mb", megabytes});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr("3 rows can't be used"), HasSubstr("pairs.tsv:3: expected 3"),
                                  HasSubstr("pairs.tsv:4: label: the label 9 is outside"),
                                  HasSubstr("pairs.tsv:5: left: empty text")));
    EXPECT_FALSE(fs::exists(output));
  }
}

TEST(TrainCommand, ReportsTheBadRowsOfAllFilesTogether) {
  const TempDir directory;
  const std::string first = directory.file("first.tsv", "left\tright\tlabel\na\tb\t4\nbad\n").string(),
                    second = directory.file("second.tsv", "left\tright\tlabel\na\tb\tmany\n").string(),
                    held_out = directory.file("held_out.tsv", "left\tright\tlabel\n \tb\t5\n").string(),
                    task = directory.file("task.tsv", "left\tright\tlabel\na\t \t5\n").string(),
                    classes = directory.file("classes.tsv", "text\tlabel\na\tx\nb\tx\n").string();
  const CommandResult result =
      train(directory.path() / "model",
            {"--set", R"(data.train=[{"path":")" + first + R"("},{"path":")" + second + R"("}])", "--set",
             R"(evaluation.loss_data=[{"path":")" + held_out + R"("}])", "--set",
             "evaluation.task=" + task + ",cluster:" + classes, "--set", "evaluation.metric=val_loss"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("first.tsv:3: expected 3"), HasSubstr("\n" + second + ":2: label: "),
                    HasSubstr("\n" + held_out + ":2: left: empty text"),
                    HasSubstr("\n" + task + ":2: right: empty text"),
                    HasSubstr("\n" + classes + ": all texts have the same label")));
  EXPECT_FALSE(fs::exists(directory.path() / "model"));
}

TEST(TrainCommand, ValidatesOnAFileOfPairs) {
  const TempDir directory;
  const std::string file =
      directory.file("mine.tsv", read_file(kSource / "data/samples/pairs_validation.tsv")).string();
  const CommandResult result =
      train(directory.path() / "model", {"--set", "train.max_steps=4", "--set", "evaluation.task=" + file});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("step 4: " + file + " cosine_spearman "));
  const json predictions = read_json(directory.path() / "model/predictions.json");
  EXPECT_EQ(predictions.at("similarity"), "cosine");
  const json& task = predictions.at("tasks").at(file);
  EXPECT_EQ(task.at("labels").size(), 72u);
  EXPECT_EQ(task.at("before").size(), 72u);
  EXPECT_NE(task.at("before"), task.at("best"));
}

TEST(TrainCommand, WarnsOfAValidationOnWhatIsTrainedOn) {
  const TempDir directory;
  testing::write_binary_pairs(directory.path() / "mine.tsv");
  const CommandResult result =
      train(directory.path() / "model",
            {"--data-dir", directory.path().string(), "--set", "data.train[0].path=mine.tsv", "--set",
             "loss.positive_threshold=1", "--set", "train.max_steps=4", "--set",
             "evaluation.task=pairs:mine.tsv", "--set", "evaluation.metric=cosine_average_precision"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("warning: evaluation: pairs:mine.tsv: measured on what is also trained "
                                    "on, " +
                                    (directory.path() / "mine.tsv").string()));
}

TEST(TrainCommand, ValidatesOnOwnData) {
  const TempDir directory;
  testing::write_retrieval(directory.path() / "faq");
  testing::write_binary_pairs(directory.path() / "mine.tsv");
  const CommandResult result =
      train(directory.path() / "model",
            {"--data-dir", directory.path().string(), "--set", "train.max_steps=4", "--set",
             "evaluation.task=retrieval:faq,pairs:mine.tsv", "--set", "evaluation.metric=ndcg@10"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("step 0: retrieval:faq ndcg@10 "),
                                HasSubstr("; pairs:mine.tsv/cosine_average_precision ")));
  const std::string metrics = read_file(directory.path() / "model/metrics.jsonl");
  EXPECT_THAT(metrics, AllOf(HasSubstr("\"evaluation\":\"retrieval:faq ndcg@10\""),
                             HasSubstr("\"pairs:mine.tsv/cosine_average_precision\":")));
}

TEST(TrainCommand, TakesABareNameAndStdinForItsConfiguration) {
  const TempDir directory;
  fs::copy_file(kSource / "data/samples/pairs_train.tsv", directory.path() / "pairs.tsv");
  json config = read_json(kSource / "configs/tiny.json");
  config["model"]["path"] = testing::golden_path("models/tiny-bert").string();
  config["data"]["train"][0]["path"] = "pairs.tsv";
  config["train"]["max_steps"] = 4;
  directory.file("small.json", config.dump());
  const std::string there = "cd " + directory.path().string() + " && \"$0\" train ";
  const CommandResult by_name = testing::run_shell(there + "--config small.json", ANGLE_BINARY);
  EXPECT_EQ(by_name.exit_code, 0) << by_name.err;
  EXPECT_TRUE(fs::exists(directory.path() / "runs/small/model.safetensors"));
  const CommandResult by_stdin =
      testing::run_shell(there + "--config - --output piped < small.json", ANGLE_BINARY);
  EXPECT_EQ(by_stdin.exit_code, 0) << by_stdin.err;
  EXPECT_EQ(read_file(directory.path() / "runs/small/model.safetensors"),
            read_file(directory.path() / "piped/model.safetensors"));
}

// --- what can be wrong

TEST(TrainCommand, ReportsEveryMistakeOfAConfigurationAndBeginsNothing) {
  const TempDir directory;
  const CommandResult result = train(
      directory.path() / "model", {"--set", "loss.angle_wieght=1", "--set", "train.schedule=linaer", "--set",
                                   "train.seed=1.5", "--set", "evaluation.metric=cosine_spaerman"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, AllOf(HasSubstr("tiny.json:\n"),
                                HasSubstr("loss.angle_wieght: unknown key; did you mean \"angle_weight\"?"),
                                HasSubstr("train.schedule"), HasSubstr("\"linear\""),
                                HasSubstr("train.seed: expected integer, found number 1.5")));
  EXPECT_FALSE(fs::exists(directory.path() / "model"));
  EXPECT_THAT(
      train(directory.path() / "model", {"--set", "evaluation.metric=cosine_spaerman"}).err,
      HasSubstr("evaluation.metric cosine_spaerman: unknown metric; did you mean \"cosine_spearman\"?"));
}

TEST(TrainCommand, SaysWhatToDoAboutWhatIsMissing) {
  const TempDir directory;
  const auto error = [&](const std::string& set) {
    const CommandResult result =
        train(directory.path() / "model", {"--set", set, "--data-dir", directory.path().string()});
    EXPECT_EQ(result.exit_code, 1) << set;
    EXPECT_THAT(result.err, Not(HasSubstr("internal error")));
    EXPECT_FALSE(fs::exists(directory.path() / "model")) << set;
    return result.err;
  };
  EXPECT_THAT(error("data.train[0].path=stsb/train.tsv"),
              AllOf(HasSubstr("stsb/train.tsv: no such data file"),
                    HasSubstr("`scripts/fetch_data.sh stsb` fetches")));
  EXPECT_THAT(error("model.path=no-such-model"), HasSubstr("scripts/fetch_model.sh no-such-model"));
  EXPECT_THAT(error("model.pooling=meen"), HasSubstr("did you mean \"mean\"?"));
  EXPECT_THAT(error("model.pooling=cls_avg"), HasSubstr("pooling cls_avg"));
  EXPECT_THAT(error("model.pooling=men"),
              HasSubstr("model.pooling \"men\": no such pooling; did you mean \"mean\"?"));
  EXPECT_THAT(error("model.max_seq_length=65"),
              HasSubstr("model.max_seq_length: 65 is more than the 64 positions of " +
                        testing::golden_path("models/tiny-bert").string() + "; expected at most 64, or 0"));
  EXPECT_THAT(error("evaluation.task=stbs"),
              AllOf(HasSubstr("stbs: unknown task"), HasSubstr("did you mean")));
  EXPECT_THAT(
      error("evaluation.task=retrieval:faq"),
      HasSubstr("evaluation.metric cosine_spearman: no task has this metric (metrics of retrieval:faq: "
                "ndcg@10, mrr@10, "));
  EXPECT_THAT(error("evaluation={\"task\":\"pairs:absent.tsv\",\"metric\":\"cosine_f1\"}"),
              HasSubstr("absent.tsv: no such data file"));
  EXPECT_THAT(error("train.warmup_steps=1000"),
              HasSubstr("train.warmup_steps: 1000 is more than the 46 steps"));
  EXPECT_THAT(error("loss.positive_threshold=6"), HasSubstr("loss.positive_threshold: 6"));
}

TEST(TrainCommand, RefusesAnOutputThatCanNotBe) {
  const TempDir directory;
  const fs::path file = directory.file("file", "");
  const CommandResult result = train(file / "model");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("error: "), HasSubstr("file/model")));
  EXPECT_EQ(train(file).err, "error: " + file.string() + ": not a directory; choose another --output\n");
}

TEST(TrainCommand, SavesTheLengthAndPoolingOfTheConfiguration) {
  const TempDir directory;
  const CommandResult result =
      train(directory.path() / "model",
            {"--set", "train.max_steps=4", "--set", "model.max_seq_length=20", "--set", "model.pooling=cls"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const fs::path output = directory.path() / "model";
  EXPECT_EQ(read_json(output / "sentence_bert_config.json").at("max_seq_length"), 20);
  EXPECT_EQ(read_json(output / "1_Pooling/config.json").at("pooling_mode_cls_token"), true);
  EXPECT_THAT(result.err, HasSubstr("texts were cut, losing"));
}

TEST(TrainCommand, RefusesToResumeWithAnotherConfiguration) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  ASSERT_EQ(train(output, {"--set", "train.max_steps=4"}).exit_code, 0);
  const CommandResult again = train(output, {"--set", "train.max_steps=4"});
  EXPECT_EQ(again.exit_code, 1);
  const std::string refusal = "error: " + output.string() +
                              ": a run was begun there; go on with it with --resume, or choose another "
                              "--output\n";
  EXPECT_EQ(again.err, refusal);  // first of all, and once
  EXPECT_EQ(train(output, {"--set", "train.max_steps=4", "--processes", "2"}).err, refusal);
  const CommandResult other = train(output, {"--set", "train.max_steps=5", "--resume"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("train.max_steps: 4 → 5"));
}

// --- being stopped; killed_run_test.cpp kills it

/// A run of a few seconds with everything that has a state.
TEST(TrainCommand, TellsWhatTheModelItBeganWithHadSeen) {
  const TempDir directory;
  const std::string pairs = read_file(kSource / "data/samples/pairs_train.tsv");
  for (const char* name :
       {"stsb/train.tsv", "mine/train.tsv", "sts12/test.tsv", "sts12/test_not_in_stsb.tsv"}) {
    fs::create_directories((directory.path() / name).parent_path());
    directory.file(name, pairs);
  }
  const auto stage = [&](const char* output, const std::string& base, const char* data) {
    return train(directory.path() / output,
                 {"--set", "train.max_steps=1", "--set", "train.warmup_steps=0", "--set",
                  "model.path=" + base, "--set", "data.train[0].path=" + (directory.path() / data).string()});
  };
  const CommandResult first =
      stage("first", testing::golden_path("models/tiny-bert").string(), "stsb/train.tsv");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_FALSE(fs::exists(directory.path() / "first/trained_before.json"));
  ASSERT_EQ(stage("second", (directory.path() / "first").string(), "mine/train.tsv").exit_code, 0);
  ASSERT_EQ(stage("third", (directory.path() / "second").string(), "mine/train.tsv").exit_code, 0);
  const json before = read_json(directory.path() / "third/trained_before.json");
  ASSERT_EQ(before.size(), 2u);
  EXPECT_THAT(before[0].at("path").get<std::string>(), HasSubstr("stsb/train.tsv"));

  const CommandResult scored = testing::run_command(
      {ANGLE_BINARY, "eval", "--model", (directory.path() / "third").string(), "--task", "sts12", "--split",
       "test", "--data-dir", directory.path().string(), "--resamples", "0"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_THAT(scored.out, AllOf(HasSubstr("also in STS-B's training split, on which the model was trained"),
                                HasSubstr("test_not_in_stsb")));
}

class LongRun : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory = std::make_unique<TempDir>();
    fs::create_directories(directory->path() / "stsb");
    fs::copy_file(kSource / "data/samples/pairs_validation.tsv", directory->path() / "stsb/validation.tsv");
    ASSERT_EQ(testing::run_command(long_run(whole())).exit_code, 0);
  }
  static void TearDownTestSuite() { directory.reset(); }
  void TearDown() override { fs::remove_all(broken()); }

  static fs::path whole() { return directory->path() / "whole"; }
  static fs::path broken() { return directory->path() / "broken"; }

  static std::vector<std::string> long_run(const fs::path& output,
                                           const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"--data-dir", directory->path().string()};
    for (const char* set : {"train.epochs=10", "train.dropout=0.1", "checkpoint.every_steps=10",
                            "evaluation.task=stsb", "evaluation.every_steps=25"})
      args.insert(args.end(), {"--set", set});
    args.insert(args.end(), more.begin(), more.end());
    return tiny_command(output, args);
  }

  static void finish_and_compare() {
    const CommandResult result = testing::run_command(long_run(broken(), {"--resume"}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(testing::differing_files(whole(), broken()), IsEmpty());
  }

  static std::unique_ptr<TempDir> directory;
};

std::unique_ptr<TempDir> LongRun::directory;

TEST_F(LongRun, SavesAndExits130WhenInterrupted) {
  for (const auto& [signal, steps] : {std::pair(SIGINT, 5), {SIGTERM, 60}, {SIGHUP, 110}}) {
    RunningCommand run(long_run(broken(), {"--resume"}));
    wait_for_steps(broken(), steps);
    EXPECT_THAT(testing::threads_that_take(signal, run.process_id()),
                AllOf(::testing::SizeIs(1), Not(::testing::Contains(run.process_id()))))
        << "see cli/interruption.h";
    run.send(signal);
    const CommandResult result = run.wait();
    EXPECT_EQ(result.exit_code, 130) << result.err;
    EXPECT_THAT(result.err, HasSubstr("the state is saved, go on with --resume"));
    EXPECT_THAT(
        result.err,
        HasSubstr("interrupted: the state is saved as soon as the current step is done, or the current "
                  "batch of an evaluation, which --resume does again; a second Ctrl-C stops at once "
                  "without saving\n"));
  }
  finish_and_compare();
}

TEST_F(LongRun, GoesOnUnderNohup) {
  std::vector<std::string> ignoring = {"sh", "-c", "trap '' HUP; exec \"$@\"", "sh"};
  for (const std::string& arg : long_run(broken())) ignoring.push_back(arg);
  RunningCommand run(ignoring);
  wait_for_steps(broken(), 5);
  run.send(SIGHUP);
  const CommandResult result = run.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("interrupted")));
}

TEST_F(LongRun, LeavesTheLastCheckpointIntactWhenTheDiskIsFull) {
  RunningCommand run(long_run(broken()));
  wait_for_steps(broken(), 15);
  run.send(SIGINT);
  ASSERT_EQ(run.wait().exit_code, 130);
  // A limit on the size of files fails the way a full disk does. Bytes of model.safetensors: 260 000.
  std::string line = "ulimit -f 200; exec";
  for (const std::string& arg : long_run(broken(), {"--resume"})) line += " '" + arg + "'";
  const CommandResult full = testing::run_shell(line, "");
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err,
              AllOf(HasSubstr("error: "), HasSubstr(".safetensors: writing failed: File too large")));
  for (const auto& entry : fs::recursive_directory_iterator(broken()))
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp-")));
  finish_and_compare();
}

TEST(TrainCommand, SaysThatTheOutputCannotBeWrittenTo) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  const TempDir directory;
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const CommandResult result = train(directory.path(), {"--set", "train.max_steps=1"});
  fs::permissions(directory.path(), fs::perms::owner_all);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(directory.path().string() + ": the directory can't be written to: "));
}

TEST_F(LongRun, LetsNoSecondProcessWriteToTheSameOutput) {
  RunningCommand first(long_run(broken()));
  wait_for_steps(broken(), 3);
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{}, {"--resume"}}) {
    const CommandResult second = testing::run_command(long_run(broken(), more));
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.err, HasSubstr("another process writes to this directory"));
  }
  first.send(SIGKILL);
  first.wait();
  finish_and_compare();
}

}  // namespace
}  // namespace angle
