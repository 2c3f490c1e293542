// `angle saturation` as its users see it, on the samples with tiny-bert:
//  - a table, or JSON that parses, on stdout, nothing else there; the same numbers at every run;
//  - data by file in its three forms, by configuration and by task; --set reaches the objective;
//  - what the data cannot have is left out and said, not an error;
//  - mistakes end with 1 or 2 and say what to do.

#include <filesystem>

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

std::string sample(const std::string& name) {
  return (fs::path(ANGLE_SOURCE_DIR) / "data/samples" / name).string();
}

CommandResult saturation(std::vector<std::string> args) {
  if (std::find(args.begin(), args.end(), "--model") == args.end())
    args.insert(args.end(), {"--model", testing::golden_path("models/tiny-bert").string()});
  args.insert(args.begin(), {ANGLE_BINARY, "saturation"});
  return testing::run_command(args);
}

/// The JSON of a run that succeeds.
json measured(std::vector<std::string> args) {
  args.emplace_back("--json");
  const CommandResult result = saturation(args);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return json::parse(result.out);
}

/// The mean of a gradient over all bins, or null without a value in any.
json mean_gradient(const json& report, const std::string& block, const std::string& name) {
  double sum = 0, pairs = 0;
  for (const json& bin : report.at("bins")) {
    if (bin.at(block).at(name).is_null()) continue;
    sum += bin.at(block).at(name).get<double>() * bin.at("pairs").get<double>();
    pairs += bin.at("pairs").get<double>();
  }
  return pairs > 0 ? json(sum / pairs) : json();
}

TEST(SaturationCommand, PrintsATable) {
  const CommandResult result = saturation({"--data", sample("pairs_validation.tsv")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("cosine > 0.95: "), HasSubstr("of 72 pairs"), HasSubstr("> 0.8: "),
                                HasSubstr("0.95 … 0.99"), HasSubstr("█"), HasSubstr("all")));
  EXPECT_THAT(result.out, Not(HasSubstr("nan")));
  EXPECT_THAT(result.err, HasSubstr("in-batch negatives are left out"));
}

TEST(SaturationCommand, PrintsTheSameJsonAtEveryRun) {
  const std::vector<std::string> args = {
      "--data", sample("pairs_validation.tsv"), "--set", "loss.positive_threshold=4", "--threads", "1"};
  const json report = measured(args);
  EXPECT_EQ(report, measured(args));
  EXPECT_EQ(report.at("pairs"), 72);
  EXPECT_EQ(report.at("batch_size"), 32);
  EXPECT_EQ(report.at("batches"), 3);
  int64_t pairs = 0;
  for (const json& bin : report.at("bins")) pairs += bin.at("pairs").get<int64_t>();
  EXPECT_EQ(pairs, 72);
  for (const char* term : {"cosine", "in_batch", "angle", "total"})
    EXPECT_GT(mean_gradient(report, "objective_gradient", term).get<double>(), 0) << term;
}

TEST(SaturationCommand, GivesTheSameInChunksOfTheGradientCache) {
  const std::vector<std::string> args = {"--data", sample("pairs_validation.tsv"), "--set",
                                         "loss.positive_threshold=4"};
  std::vector<std::string> in_chunks = args;
  in_chunks.insert(in_chunks.end(), {"--set", "train.gradient_cache_tokens=50"});
  const json whole = measured(args), chunks = measured(in_chunks);
  EXPECT_EQ(chunks.at("pairs"), whole.at("pairs"));
  EXPECT_NEAR(chunks.at("mean_cosine"), whole.at("mean_cosine"), 1e-6);
  for (const char* term : {"cosine", "in_batch", "angle", "total"}) {
    const auto expected = mean_gradient(whole, "objective_gradient", term).get<double>();
    EXPECT_NEAR(mean_gradient(chunks, "objective_gradient", term), expected, 1e-4 * expected) << term;
  }
}

TEST(SaturationCommand, MeasuresPairsAndTripletsToo) {
  const json pairs = measured({"--data", sample("positives.csv")});  // the names of the columns tell
  EXPECT_TRUE(mean_gradient(pairs, "objective_gradient", "cosine").is_null());
  EXPECT_TRUE(mean_gradient(pairs, "objective_gradient", "in_batch").is_number());
  EXPECT_TRUE(mean_gradient(pairs, "similarity_gradient", "angle").is_number());
  const CommandResult result = saturation({"--data", sample("positives.csv")});
  EXPECT_THAT(result.err, Not(HasSubstr("positive_threshold"))) << "that is for labels, which pairs have not";
  const json triplets = measured({"--data", sample("triplets.jsonl"), "--format", "triplets"});
  EXPECT_EQ(triplets.at("pairs"), 160);  // 80 positives and as many negatives
  for (const char* term : {"cosine", "in_batch", "angle"})
    EXPECT_TRUE(mean_gradient(triplets, "objective_gradient", term).is_number()) << term;
}

TEST(SaturationCommand, FindsTheFormatByColumnsThatAreNamed) {
  const TempDir directory;
  const std::string data =
      directory.file("mine.tsv", "first\tsecond\na cat\ta dog\nthe sea\ta harbour\n").string();
  EXPECT_EQ(saturation({"--data", data}).exit_code, 1);
  EXPECT_EQ(
      measured({"--data", data, "--set", R"(data.train[0].columns={"query":"first","positive":"second"})"})
          .at("pairs"),
      2);
}

TEST(SaturationCommand, TakesDataAndObjectiveOfAConfiguration) {
  const std::string config = (fs::path(ANGLE_SOURCE_DIR) / "configs/tiny.json").string();
  const json report = measured({"--config", config, "--max-batches", "2"});
  EXPECT_EQ(report.at("pairs"), 32);
  EXPECT_THAT(saturation({"--config", config, "--max-batches", "1"}).err, HasSubstr("1 batch of 16; "));
  EXPECT_EQ(report.at("loss").at("angle_weight"), 0.02);
  const json other =
      measured({"--config", config, "--max-batches", "2", "--set", "loss.angle_similarity=phase"});
  EXPECT_EQ(mean_gradient(report, "objective_gradient", "cosine"),
            mean_gradient(other, "objective_gradient", "cosine"));
  EXPECT_NE(mean_gradient(report, "objective_gradient", "angle"),
            mean_gradient(other, "objective_gradient", "angle"));
}

TEST(SaturationCommand, TakesAnEvaluationTask) {
  const TempDir data;
  data.file("stsb/train.tsv", read_file(sample("pairs_validation.tsv")));
  const json report = measured({"--task", "stsb", "--split", "train", "--data-dir", data.path().string()});
  EXPECT_EQ(report.at("pairs"), 72);
  EXPECT_EQ(report.at("loss").at("positive_threshold"), 4);
  EXPECT_TRUE(mean_gradient(report, "objective_gradient", "in_batch").is_number());
  const CommandResult missing = saturation({"--task", "stsb", "--data-dir", data.path().string()});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("stsb/test.tsv: no such file"), HasSubstr("splits there: train")));
}

TEST(SaturationCommand, RefusesWrongUsage) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{},
        {"--data", sample("pairs_validation.tsv"), "--task", "stsb"},
        {"--data", sample("pairs_validation.tsv"), "--format", "tripels"},
        {"--data", sample("pairs_validation.tsv"), "--split", "test"},
        {"--task", "stsb", "--format", "pairs"},
        {"--task", "stsbb"},
        {"--task", "cluster:x.tsv"},
        {"--task", "stsb", "--max-batches", "-1"}}) {
    const CommandResult result = saturation(args);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, Not(IsEmpty()));
  }
  EXPECT_THAT(saturation({}).err, HasSubstr("expected one of --data, --config and --task"));
  EXPECT_THAT(saturation({"--task", "stsb", "--model", "here", "--set", "model.path=there"}).err,
              HasSubstr("--set model.path=there: --model here says which model; leave one of the two out"));
  EXPECT_THAT(saturation({"--task", "stsb", "--model", "here", "--set", R"(model={"path": "there"})"}).err,
              HasSubstr("--model here says which model; leave one of the two out"));
  EXPECT_THAT(testing::run_command({ANGLE_BINARY, "saturation", "--help"}).out,
              Not(HasSubstr("Option Group")));
  const std::string file = sample("pairs_validation.tsv");
  EXPECT_THAT(saturation({"--task", file}).err, HasSubstr(file + ": expected a public task, as stsb"));
  EXPECT_THAT(saturation({"--task", "stsb,sts12"}).err,
              HasSubstr("--task stsb,sts12: expected one public task, as stsb"));
  EXPECT_THAT(saturation({"--task", "STSB"}).err,
              AllOf(HasSubstr("--task STSB: unknown task; did you mean \"stsb\"? (tasks: "),
                    Not(HasSubstr("retrieval:DIR"))));
}

TEST(SaturationCommand, SaysWhatIsWrongWithDataAndValues) {
  const auto error = [](std::vector<std::string> args) {
    const CommandResult result = saturation(std::move(args));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  const TempDir files;
  const auto damaged = files.file("pairs.tsv", "sentence1\tsentence2\tscore\none\ttwo\tx\nthree\n");
  EXPECT_THAT(error({"--data", damaged.string()}), AllOf(HasSubstr("pairs.tsv:2"), HasSubstr("pairs.tsv:3")));
  EXPECT_THAT(error({"--data", "/absent/pairs.tsv"}), HasSubstr("/absent/pairs.tsv: no such data file"));
  EXPECT_THAT(error({"--config", "/absent/run.json"}), HasSubstr("/absent/run.json"));
  EXPECT_THAT(error({"--data", sample("pairs_validation.tsv"), "--set", "loss.angle_wieght=1"}),
              HasSubstr("loss.angle_wieght: unknown key; did you mean \"angle_weight\"?"));
  EXPECT_THAT(error({"--data", sample("pairs_validation.tsv"), "--set", "loss.positive_threshold=6"}),
              HasSubstr("no label reaches loss.positive_threshold 6"));
  for (const char* set : {"data=5", "data.train=5", "data.train=[]", "data.train=[3]"})
    EXPECT_THAT(error({"--data", sample("pairs_validation.tsv"), "--set", set}), HasSubstr("data")) << set;
  EXPECT_THAT(error({"--data", sample("pairs_validation.tsv"), "--model", "/absent/model"}),
              HasSubstr("/absent/model"));
}

TEST(SaturationCommand, RefusesWhatDoesNotFitTheModelAsTrainingDoes) {
  const auto error = [](std::vector<std::string> args) {
    args.insert(args.end(), {"--data", sample("pairs_validation.tsv")});
    const CommandResult result = saturation(std::move(args));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_THAT(error({"--set", "loss.matryoshka_dims=[32,64]"}),
              HasSubstr("error: loss.matryoshka_dims: 64, but the model has 32 dimensions"));
  const testing::ModelCopy copy;
  copy.edit("1_Pooling/config.json", [](json& pooling) { pooling["include_prompt"] = false; });
  EXPECT_THAT(error({"--set", R"(data.train[0].right_prompt="query: ")", "--model", copy.path().string()}),
              HasSubstr("pairs_validation.tsv: the model's include_prompt is false, which is not supported"));
}

TEST(SaturationCommand, NeedsNoDataDirectoryForAFileThatIsHere) {
  const auto saturation_without_directory = [](const std::string& option, const std::string& value) {
    return testing::run_command({"env", "ANGLE_DATA_DIR=/absent/data", ANGLE_BINARY, "saturation", option,
                                 value, "--model", testing::golden_path("models/tiny-bert").string()});
  };
  const CommandResult result = saturation_without_directory("--data", sample("pairs_validation.tsv"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(saturation_without_directory("--task", "stsb").err,
              HasSubstr("error: ANGLE_DATA_DIR=/absent/data: no such directory"));
}

TEST(SaturationCommand, LosesNothingInSilence) {
  const std::string args = " saturation --data " + sample("pairs_validation.tsv") + " --model " +
                           testing::golden_path("models/tiny-bert").string();
  const CommandResult full = testing::run_shell("\"$0\"" + args + " > /dev/full", ANGLE_BINARY);
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("<stdout>: writing failed"));
}

}  // namespace
}  // namespace angle
