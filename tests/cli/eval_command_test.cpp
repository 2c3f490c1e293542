// `angle eval` as its users see it, on the validation pairs of the samples as if they were STS-B:
//  - a table, or JSON that parses, on stdout; the same JSON in a file; nothing else on stdout;
//  - what is missing ends with 1 and what is mistyped with 2; both say what to do, and before the model is
//    loaded where that can be;
//  - no file that is read is replaced by scores;
//  - a score that can't be written is not lost in silence; a reader that has gone is no error;
//  - intervals follow the seed; --compare scores the other model as it would be alone; --verify ends with 1
//    when a score is not the published one;
//  - a model's default prompt is put before the texts, as sentence-transformers does.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/json.h"

#include "support/golden.h"
#include "support/model_copy.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TempDir;

class Eval : public ::testing::Test {
 protected:
  void SetUp() override {
    pairs = read_file(fs::path(ANGLE_SOURCE_DIR) / "data/samples/pairs_validation.tsv");
    data.file("stsb/test.tsv", pairs);
  }

  /// `angle eval …` with tiny-bert and the data above, unless `args` name others.
  CommandResult eval(std::vector<std::string> args) const {
    const auto add = [&](const std::string& option, const std::string& value) {
      if (std::find(args.begin(), args.end(), option) == args.end()) args.insert(args.end(), {option, value});
    };
    add("--model", testing::golden_path("models/tiny-bert").string());
    add("--data-dir", data.path().string());
    args.insert(args.begin(), {ANGLE_BINARY, "eval"});
    return testing::run_command(args);
  }

  TempDir data;
  std::string pairs;
};

double cosine_spearman(const CommandResult& result) {
  return json::parse(result.out)
      .at("evaluations")
      .at(0)
      .at("scores")
      .at("cosine")
      .at("spearman")
      .get<double>();
}

TEST_F(Eval, PrintsATable) {
  const CommandResult result = eval({"--task", "stsb"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("BERT 3 × 32"), HasSubstr("stsb"), HasSubstr("72"), HasSubstr("cosine")));
  EXPECT_THAT(result.out, Not(HasSubstr("manhattan ")));
  EXPECT_THAT(eval({"--task", "stsb", "--metric", "all"}).out,
              AllOf(HasSubstr("dot"), HasSubstr("euclidean"), HasSubstr("manhattan"), HasSubstr("angle")));
}

TEST_F(Eval, LogsWhenATaskIsDone) {
  data.file("sts12/test.tsv", pairs);
  const CommandResult result = eval({"--task", "stsb,sts12", "--untrained"});
  EXPECT_THAT(result.err, AllOf(HasSubstr("stsb test (1 of 2): 48 of 48 texts\n"),
                                HasSubstr("stsb test (1 of 2), untrained encoder: 48 of 48 texts\n"),
                                HasSubstr("sts12 test (2 of 2): 48 of 48 texts\n"),
                                Not(HasSubstr("sts12 test (2 of 2): 0 of"))));
}

TEST_F(Eval, PrintsJsonAndWritesTheSameToAFile) {
  const TempDir output;
  const std::string file = (output.path() / "scores.json").string();
  const CommandResult result = eval({"--task", "stsb", "--json", "--output", file});
  EXPECT_EQ(result.exit_code, 0);
  const json report = json::parse(result.out);
  EXPECT_EQ(report.at("evaluations").size(), 1u);
  EXPECT_EQ(report.at("evaluations").at(0).at("pairs"), 72);
  for (const char* similarity : {"cosine", "dot", "euclidean", "manhattan", "angle"})
    for (const char* statistic : {"pearson", "spearman"})
      EXPECT_TRUE(report.at("evaluations").at(0).at("scores").at(similarity).at(statistic).is_number());
  EXPECT_EQ(read_file(file), result.out);
  EXPECT_THAT(eval({"--task", "stsb", "-o", file}).out, Not(HasSubstr("{")));
  EXPECT_EQ(read_file(file), result.out);
}

TEST_F(Eval, ReplacesNoFileThatItReads) {
  const testing::ModelCopy model, other;
  const std::string file = data.file("mine.tsv", pairs).string();
  const std::string link = (data.path() / "link").string();
  fs::create_symlink("mine.tsv", link);
  const std::string config = (model.path() / "config.json").string(), kept = read_file(config);
  const auto expect_refused = [&](const std::string& task, const std::string& output,
                                  const std::string& message) {
    const CommandResult result = eval(
        {"--task", task, "-o", output, "--model", model.path().string(), "--compare", other.path().string()});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("--output " + output + ": is " + message + ", which would be lost"));
  };
  const std::string of_file = "a file of --task " + file;
  expect_refused(file, file, of_file);
  expect_refused("stsb," + file, data.path().string() + "/stsb/../mine.tsv", of_file);
  expect_refused(file, link, of_file);
  expect_refused("stsb", (data.path() / "stsb/test.tsv").string(), "a file of --task stsb");
  expect_refused("stsb", config, "a file of the model " + model.path().string());
  expect_refused("stsb", (other.path() / "model.safetensors").string(),
                 "a file of the model " + other.path().string());
  model.write("train_config.json", R"({"data": {"train": [{"path": "own/train.tsv"}]}})");
  expect_refused("stsb", data.file("own/train.tsv", pairs).string(),
                 "a file that the model " + model.path().string() + " has seen");
  expect_refused("stsb", (model.path() / "train_config.json").string(),
                 "a file of the model " + model.path().string());
  EXPECT_EQ(read_file(file), pairs);
  EXPECT_EQ(read_file(data.path() / "stsb/test.tsv"), pairs);
  EXPECT_EQ(read_file(config), kept);
  EXPECT_EQ(eval({"--task", file, "-o", (model.path() / "scores.json").string()}).exit_code, 0);
}

TEST_F(Eval, ScoresAFileOfPairsAsItScoresATask) {
  const std::string file = data.file("mine.tsv", pairs).string();
  const CommandResult own = eval({"--task", file, "--json"});
  ASSERT_EQ(own.exit_code, 0) << own.err;
  EXPECT_EQ(cosine_spearman(own), cosine_spearman(eval({"--task", "stsb", "--json"})));
  EXPECT_EQ(json::parse(own.out).at("evaluations").at(0).at("task"), file);
  const CommandResult table = eval({"--task", file});
  EXPECT_THAT(table.out, AllOf(HasSubstr(file), HasSubstr("labels as the file has them")));
  EXPECT_THAT(table.out, Not(HasSubstr("published")));
}

TEST_F(Eval, ScoresAFileInADirectoryWithACommaInItsName) {
  const std::string file = data.file("x,y/mine.tsv", pairs).string();
  const std::string directory = (data.path() / "x,y").string();
  for (const auto& args : {std::vector<std::string>{"--task", "mine.tsv", "--data-dir", directory},
                           std::vector<std::string>{"--task", file}}) {
    const CommandResult result = eval(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("mine.tsv"));
  }
}

TEST_F(Eval, MapsTheColumnsOfAFile) {
  const std::string file =
      data.file("mine.csv", "q1,q2,gold\na cat,a dog,1\na cat,the cat,9\nx,y,2\n").string();
  const CommandResult result =
      eval({"--task", file, "--column", "left=q1", "--column", "right=q2", "--column", "label=gold"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(eval({"--task", file}).exit_code, 1);
}

TEST_F(Eval, GivesTheSameIntervalsForTheSameSeed) {
  const auto interval = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--task", "stsb", "--json"});
    const json report = json::parse(eval(args).out);
    const json& cosine = report.at("evaluations").at(0).at("scores").at("cosine");
    EXPECT_LT(cosine.at("spearman_interval").at(0), cosine.at("spearman"));
    EXPECT_GT(cosine.at("spearman_interval").at(1), cosine.at("spearman"));
    return cosine.at("spearman_interval");
  };
  EXPECT_EQ(interval({}), interval({"--seed", "42", "--resamples", "10000"}));
  EXPECT_NE(interval({}), interval({"--seed", "43"}));
  EXPECT_THAT(eval({"--task", "stsb"}).out, HasSubstr("[95 % interval]"));
  EXPECT_THAT(eval({"--task", "stsb", "--resamples", "0"}).out, Not(HasSubstr("interval")));
}

TEST_F(Eval, ComparesTwoModels) {
  const std::string other = testing::golden_path("models/tiny-roberta").string();
  const CommandResult result = eval({"--task", "stsb", "--compare", other});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("other: " + other), HasSubstr("difference    95 % interval")));
  const json report = json::parse(eval({"--task", "stsb", "--compare", other, "--json"}).out);
  const json& difference = report.at("comparison").at("differences").at(1);
  EXPECT_EQ(difference.at("metric"), "cosine_spearman");
  EXPECT_NE(difference.at("difference"), 0);
  EXPECT_GT(difference.at("p_value"), 0);
  const json alone = json::parse(eval({"--task", "stsb", "--json", "--model", other}).out);
  EXPECT_EQ(report.at("comparison").at("evaluations"), alone.at("evaluations"));
}

TEST_F(Eval, ReadsLongTextsInWindows) {
  std::string longer = pairs;
  for (int i = 0; i < 60; ++i) longer.insert(longer.find('\n') + 1, "the harbour ");
  data.file("stsb/test.tsv", longer);
  const CommandResult cut = eval({"--task", "stsb"});
  const CommandResult windows = eval({"--task", "stsb", "--long-texts", "windows", "--window-overlap", "8"});
  EXPECT_EQ(windows.exit_code, 0) << windows.err;
  EXPECT_THAT(cut.out, AllOf(HasSubstr(" 1 cut"), Not(HasSubstr("windows"))));
  EXPECT_THAT(windows.out, HasSubstr(" 0 cut (0.00 %), 1 in windows"));
  EXPECT_EQ(eval({"--task", "stsb", "--long-texts", "windows", "--window-overlap", "46"}).exit_code, 1);
  EXPECT_EQ(eval({"--task", "stsb", "--long-texts", "cut"}).exit_code, 2);
  EXPECT_EQ(eval({"--task", "stsb", "--long-texts", "windows", "--window-overlap", "-1"}).exit_code, 2);
  EXPECT_THAT(eval({"--task", "stsb", "--window-overlap", "4"}).err,
              HasSubstr("--window-overlap 4: `--long-texts truncate` has no windows"));
}

TEST_F(Eval, ComparesLongTextsCutAndInWindows) {
  const CommandResult short_texts = eval({"--task", "stsb", "--long-texts", "both"});
  EXPECT_EQ(short_texts.exit_code, 0) << short_texts.err;
  EXPECT_THAT(short_texts.out, HasSubstr("no text is longer than the model reads"));

  std::string longer = pairs;
  for (int i = 0; i < 60; ++i) longer.insert(longer.find('\n') + 1, "the harbour ");
  data.file("stsb/test.tsv", longer);
  const auto scores = [&](const std::string& long_texts, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"--task", "stsb", "--json", "--long-texts", long_texts};
    args.insert(args.end(), more.begin(), more.end());
    return json::parse(eval(args).out);
  };
  const auto cosine = [](const json& report) {
    return report.at("evaluations").at(0).at("scores").at("cosine").at("spearman");
  };
  const json both = scores("both", {"--window-overlap", "8"});
  const json& difference = both.at("long_texts").at(1);
  EXPECT_EQ(difference.at("metric"), "cosine_spearman");
  EXPECT_EQ(difference.at("long_texts"), 1);
  EXPECT_EQ(difference.at("truncate"), cosine(scores("truncate")));
  EXPECT_EQ(difference.at("windows"), cosine(scores("windows", {"--window-overlap", "8"})));
  EXPECT_EQ(both.at("evaluations"), scores("truncate").at("evaluations"));
  EXPECT_THAT(eval({"--task", "stsb", "--long-texts", "both"}).out,
              AllOf(HasSubstr("texts  too long"), HasSubstr("stsb/test ")));
}

TEST_F(Eval, EndsWith1WhenScoresAreNotThePublishedOnes) {
  const CommandResult other_pairs = eval({"--task", "stsb", "--verify", "all-MiniLM-L6-v2"});
  EXPECT_EQ(other_pairs.exit_code, 1);
  EXPECT_THAT(other_pairs.err, HasSubstr("72 pairs, the published score is of 1379"));
  EXPECT_THAT(eval({"--task", "stsb", "--verify"}).err,
              HasSubstr("--verify tiny-bert: no published scores are known"));

  std::string as_many = pairs;
  const std::string rows = pairs.substr(pairs.find('\n') + 1);
  for (int i = 0; i < 18; ++i) as_many += rows;
  std::istringstream lines(rows);
  std::string line;
  for (int i = 0; i < 11 && std::getline(lines, line); ++i) as_many += line + "\n";
  data.file("stsb/test.tsv", as_many);
  const CommandResult differing = eval({"--task", "stsb", "--verify", "all-MiniLM-L6-v2"});
  EXPECT_EQ(differing.exit_code, 1);
  EXPECT_THAT(differing.out, AllOf(HasSubstr("published: all-MiniLM-L6-v2, MTEB"), HasSubstr("differs")));
  EXPECT_THAT(differing.err, HasSubstr("2 of 2 scores differ from the published ones by more than 0.02"));
  EXPECT_EQ(eval({"--task", "stsb", "--verify", "all-MiniLM-L6-v2", "--tolerance", "200"}).exit_code, 0);
}

TEST_F(Eval, ScoresWhatIsThereOfAGroup) {
  const CommandResult result = eval({"--task", "sts"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("1 of 7"), HasSubstr("scripts/fetch_data.sh sts12")));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("  75.09  85.56  80.66"), HasSubstr("\nword overlap"), HasSubstr("\nTF-IDF"),
                    HasSubstr("\nuntrained encoder"), HasSubstr("over the 1 of 7 tasks scored here")));
  EXPECT_THAT(eval({"--task", "sts", "--no-untrained"}).out, Not(HasSubstr("untrained")));
}

TEST_F(Eval, ScoresAnUntrainedEncoderOnDemand) {
  const auto baselines = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"--task", "stsb", "--json"});
    return json::parse(eval(args).out).at("evaluations").at(0).at("baselines");
  };
  EXPECT_FALSE(baselines({}).contains("untrained_encoder"));
  const json untrained = baselines({"--untrained"});
  EXPECT_TRUE(untrained.at("untrained_encoder").at("spearman").is_number());
  EXPECT_EQ(untrained.at("untrained_encoder").at("spearman_interval").size(), 2u);
  EXPECT_EQ(untrained.at("untrained_encoder").at("spearman"),
            baselines({"--untrained", "--seed", "7"}).at("untrained_encoder").at("spearman"));
}

TEST_F(Eval, SaysHowToGetWhatIsMissing) {
  const CommandResult result = eval({"--task", "stsb,sts12,mrpc"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("sts12/test.tsv: no such file"), HasSubstr("scripts/fetch_data.sh sts12"),
                    HasSubstr("scripts/fetch_data.sh mrpc")));
  const CommandResult split = eval({"--task", "stsb", "--split", "validatoin"});
  EXPECT_EQ(split.exit_code, 1);
  EXPECT_THAT(split.err, HasSubstr("validatoin"));
}

TEST_F(Eval, SaysThatTheDataDirectoryIsNotThere) {
  for (const auto& [directory, problem] : {std::pair(data.path() / "absent", ": no such directory"),
                                           {data.path() / "stsb/test.tsv", ": not a directory"}}) {
    const CommandResult result = eval({"--task", "stsb", "--data-dir", directory.string()});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("--data-dir " + directory.string() + problem), Not(HasSubstr("fetch"))));
  }
}

TEST_F(Eval, NamesTheVariableOfADataDirectoryThatIsNotThere) {
  const auto eval_in = [](const std::string& directory) {
    return testing::run_command({"env", "ANGLE_DATA_DIR=" + directory, ANGLE_BINARY, "eval", "--task", "stsb",
                                 "--model", testing::golden_path("models/tiny-bert").string()});
  };
  const std::string absent = (data.path() / "absent").string();
  const CommandResult result = eval_in(absent);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("error: ANGLE_DATA_DIR=" + absent + ": no such directory"),
                                Not(HasSubstr("fetch"))));
  fs::remove(data.path() / "stsb/test.tsv");
  EXPECT_THAT(eval_in(data.path().string()).err,
              AllOf(HasSubstr("`scripts/fetch_data.sh stsb` fetches STS-B"), Not(HasSubstr("before the"))));
}

TEST_F(Eval, NeedsNoDataDirectoryForFilesThatAreHere) {
  const std::string file = data.file("mine.tsv", pairs).string();
  const auto eval_without_directory = [&](const std::string& tasks) {
    return testing::run_command({"env", "ANGLE_DATA_DIR=" + (data.path() / "absent").string(), ANGLE_BINARY,
                                 "eval", "--task", tasks, "--resamples", "0", "--model",
                                 testing::golden_path("models/tiny-bert").string()});
  };
  const CommandResult result = eval_without_directory(file);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("mine.tsv"));
  for (const std::string& other : {file + ",stsb", std::string("others.tsv")})
    EXPECT_THAT(eval_without_directory(other).err, HasSubstr("absent: no such directory")) << other;
}

TEST_F(Eval, AnswersWhatIsMistypedBeforeItLoadsTheModel) {
  const auto error = [&](int exit_code, std::vector<std::string> args) {
    args.insert(args.end(), {"--model", "/absent"});
    const CommandResult result = eval(args);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_THAT(error(2, {"--task", "stbs"}),
              AllOf(HasSubstr("stbs: unknown task"), HasSubstr("did you mean")));
  for (const char* none : {"", ",", " , "})
    EXPECT_THAT(error(2, {"--task", none}),
                HasSubstr("--task: no task named; `--task all` scores every task"));
  EXPECT_THAT(error(2, {"--task", "stsb", "--metric", "all,cosine_spearman"}),
              HasSubstr("--metric all: is every metric already; name it alone"));
  EXPECT_THAT(error(2, {"--task", "stsb", "--split", "../stsb/test"}),
              HasSubstr("--split ../stsb/test: expected the name of a split"));
  EXPECT_THAT(error(2, {"--task", "stsb", "--metric", "cosine_spaerman"}),
              HasSubstr("did you mean \"cosine_spearman\"?"));
  EXPECT_THAT(error(2, {"--task", "stsb", "--angle-similarity", "hermitean"}),
              HasSubstr("hermitean not in {angle_emb,hermitian,phase}"));
  EXPECT_THAT(error(2, {"--task", "mine.tsv", "--split", "test"}),
              HasSubstr("--split test: mine.tsv has files of its own"));
  EXPECT_THAT(error(2, {"--task", "mine.tsv", "--column", "left"}),
              HasSubstr("--column: left, expected part=name"));
  EXPECT_THAT(error(1, {"--task", "stsb", "--compare", "/absent"}), HasSubstr("/absent"));
  EXPECT_THAT(error(1, {"--task", "stsb", "--output", "/absent/scores.json"}),
              HasSubstr("/absent/scores.json: can't be written"));
}

TEST_F(Eval, LeavesNothingBehindWhenItIsInterrupted) {
  const fs::path slow = data.path() / "slow.tsv", scores = data.path() / "scores";
  fs::create_directory(scores);
  ASSERT_EQ(mkfifo(slow.c_str(), 0600), 0);
  testing::RunningCommand running({ANGLE_BINARY, "eval", "--task", slow.string(), "--output",
                                   (scores / "scores.json").string(), "--model",
                                   testing::golden_path("models/tiny-bert").string()});
  const std::ofstream reached(slow);  // opens when the evaluation has come to reading it
  running.send(SIGINT);
  EXPECT_EQ(running.wait().exit_code, 128 + SIGINT);
  EXPECT_TRUE(fs::is_empty(scores));
}

TEST_F(Eval, IgnoresNoOptionInSilence) {
  const CommandResult prompt = eval({"--task", "stsb", "--query-prompt", "x "});
  EXPECT_EQ(prompt.exit_code, 2);
  EXPECT_THAT(prompt.err, HasSubstr("--query-prompt: needs a task that retrieval:DIR names"));
  EXPECT_THAT(eval({"--task", "pairs:" + data.file("x.tsv", "").string(), "--document-prompt", "x "}).err,
              HasSubstr("--document-prompt: needs a task"));
  const CommandResult column = eval({"--task", "stsb", "--column", "left=q1"});
  EXPECT_EQ(column.exit_code, 2);
  EXPECT_THAT(column.err, HasSubstr("--column left=q1: needs a task on files of your own"));
  const CommandResult verify = eval({"--task", data.file("mine.tsv", pairs).string(), "--verify"});
  EXPECT_EQ(verify.exit_code, 2);
  EXPECT_THAT(verify.err, HasSubstr("--verify: needs a public task of scored pairs, such as stsb; no score"));
  const std::string cluster = "cluster:" + data.file("texts.tsv", "").string();
  EXPECT_THAT(eval({"--task", cluster, "--angle-similarity", "phase"}).err,
              HasSubstr("--angle-similarity phase: needs a task of pairs"));
  EXPECT_THAT(eval({"--task", cluster, "--untrained"}).err,
              HasSubstr("--untrained: needs a task of scored pairs"));
  const CommandResult output = eval({"--task", "stsb", "-o", "-"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("--output -: is for a file; --json prints the same to stdout"));
}

TEST_F(Eval, NamesTheLinesOfDamagedData) {
  data.file("stsb/test.tsv", pairs + "one\ttwo\t7\nthree\n");
  const CommandResult result = eval({"--task", "stsb"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("test.tsv:74"), HasSubstr("test.tsv:75")));
}

TEST_F(Eval, LosesNoScoreInSilence) {
  const std::string args = " eval --task stsb --model " + testing::golden_path("models/tiny-bert").string() +
                           " --data-dir " + data.path().string();
  const CommandResult full = testing::run_shell("\"$0\"" + args + " > /dev/full", ANGLE_BINARY);
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("<stdout>: writing failed: No space left on device"));
  EXPECT_EQ(testing::run_shell("\"$0\"" + args + " | true", ANGLE_BINARY).exit_code, 0);
}

TEST_F(Eval, ScoresAFileWhoseNameIsNotUtf8) {
  const CommandResult result = eval({"--task", data.file("own\xFF.tsv", pairs).string(), "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(json::parse(result.out).at("evaluations").at(0).at("task").get<std::string>(),
              HasSubstr("own\xEF\xBF\xBD.tsv"));
}

TEST_F(Eval, PutsTheDefaultPromptBeforeTheTexts) {
  const testing::ModelCopy prompting;
  prompting.write_json("config_sentence_transformers.json",
                       {{"prompts", {{"query", "the harbour "}}}, {"default_prompt_name", "query"}});
  const CommandResult prompted = eval({"--task", "stsb", "--json", "--model", prompting.path().string()});
  ASSERT_EQ(prompted.exit_code, 0) << prompted.err;
  std::string with_prompt, line;
  std::istringstream lines(pairs);
  std::getline(lines, with_prompt);
  with_prompt += '\n';
  while (std::getline(lines, line)) {
    line.insert(line.find('\t') + 1, "the harbour ");
    with_prompt += "the harbour " + line + "\n";
  }
  const double plain = cosine_spearman(eval({"--task", "stsb", "--json"}));
  data.file("stsb/test.tsv", with_prompt);
  EXPECT_EQ(json::parse(prompted.out).at("prompt"), "the harbour ");
  EXPECT_THAT(eval({"--task", "stsb", "--model", prompting.path().string()}).out,
              HasSubstr("\nprompt: \"the harbour \", the model's default\n"));
  EXPECT_EQ(cosine_spearman(prompted), cosine_spearman(eval({"--task", "stsb", "--json"})));
  EXPECT_NE(cosine_spearman(prompted), plain);
}

TEST_F(Eval, ComputesTheSameWithAnyNumberOfThreads) {
  const double one = cosine_spearman(eval({"--task", "stsb", "--json", "--threads", "1"}));
  EXPECT_NEAR(cosine_spearman(eval({"--task", "stsb", "--json", "--threads", "3"})), one, 1e-3);
}

}  // namespace
}  // namespace angle
