// `angle data` as its users see it. Invariants:
//  - a report for every file on stdout, as a table or as a JSON list, and nothing else there;
//  - with --config the data sets are read and measured as training would;
//  - rows that can't be used are all reported and end the command with 1, other mistakes too;
//  - an option that would do nothing is wrong usage;
//  - a file that can't be read keeps no other from being reported;
//  - memory does not grow with the file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/golden.h"
#include "support/run_command.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDir;
using testing::tiny_bert;

CommandResult data(std::vector<std::string> args) {
  args.insert(args.begin(), {ANGLE_BINARY, "data"});
  return testing::run_command(args);
}

TEST(DataCommand, ReportsAFile) {
  const TempDir directory;
  const std::string file = directory.file("x.csv", "query,positive\nwho,\"a, b\"\nwhat,c\n").string();
  const CommandResult result = data({file, "--model", tiny_bert(), "--batch-size", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* fragment : {"x.csv", "pairs, columns query, positive", "rows                  2",
                               "tokens per text", "of 2: 0.00 rows whose query text"})
    EXPECT_THAT(result.out, HasSubstr(fragment));
}

TEST(DataCommand, FindsAFileInTheDataDirectory) {
  const TempDir directory;
  directory.file("stsb/test.tsv", "left\tright\tlabel\na\tb\t1\n");
  const CommandResult result =
      data({"stsb/test.tsv", "--no-tokens", "--data-dir", directory.path().string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("rows                  1"));
}

TEST(DataCommand, NeedsNoDataDirectoryForAFileThatIsHere) {
  const TempDir directory;
  const std::string file = directory.file("x.tsv", "left\tright\tlabel\na\tb\t1\n").string();
  const std::string absent = (directory.path() / "absent").string();
  const auto data_without_directory = [&](const std::string& name) {
    return testing::run_command(
        {"env", "ANGLE_DATA_DIR=" + absent, ANGLE_BINARY, "data", name, "--no-tokens"});
  };
  EXPECT_EQ(data_without_directory(file).exit_code, 0) << data_without_directory(file).err;
  EXPECT_THAT(data_without_directory("stsb/test.tsv").err,
              HasSubstr("error: ANGLE_DATA_DIR=" + absent + ": no such directory"));
  EXPECT_THAT(data_without_directory("/no/file.tsv").err,
              HasSubstr("error: /no/file.tsv: no such data file; correct the path"));
  const CommandResult mistyped = data({file, "--no-tokens", "--data-dir", absent});
  EXPECT_EQ(mistyped.exit_code, 1);
  EXPECT_THAT(mistyped.err, HasSubstr("error: --data-dir " + absent + ": no such directory"));
}

TEST(DataCommand, ReportsSeveralFilesAsJson) {
  const TempDir directory;
  const std::string first = directory.file("a.tsv", "left\tright\tlabel\na\tb\t1\n").string();
  const std::string second = directory.file("b.jsonl", "{\"query\":\"a\",\"positive\":\"b\"}\n").string();
  const CommandResult result = data({first, second, "--json", "--no-tokens"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const json reports = parse_json(result.out, "stdout");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].at("format"), "scored_pairs");
  EXPECT_EQ(reports[1].at("format"), "pairs");
}

TEST(DataCommand, ReadsDataSetsAsAConfigurationSays) {
  const TempDir directory;
  directory.file("x.tsv", "q\tp\nwho\tyou\n");
  const json config = {{"model", {{"path", tiny_bert()}, {"max_seq_length", 5}}},
                       {"data",
                        {{"train",
                          {{{"path", "x.tsv"},
                            {"format", "pairs"},
                            {"columns", {{"query", "q"}, {"positive", "p"}}},
                            {"left_prompt", "the the the the "}}}}}},
                       {"loss", {{"cosine_weight", 0}, {"angle_weight", 0}, {"in_batch_weight", 1}}}};
  const std::string path = directory.file("run.json", config.dump()).string();
  const CommandResult result = data({"--config", path, "--set", "train.batch_size=7", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json report = parse_json(result.out, "stdout").at(0);
  EXPECT_EQ(report.at("format"), "pairs");
  EXPECT_EQ(report.at("repetitions").at("batch_size"), 7);
  EXPECT_EQ(report.at("tokens").at("max_seq_length"), 5);
  EXPECT_EQ(report.at("tokens").at("texts_cut"), 1);
}

TEST(DataCommand, CountsPositivePairsByTheThresholdOfTheirDataSet) {
  const TempDir directory;
  directory.file("x.tsv", "left\tright\tlabel\na\tb\t1\nc\td\t4\ne\tf\t5\n");
  const json config = {
      {"model", {{"path", tiny_bert()}}},
      {"data", {{"train", {{{"path", "x.tsv"}}, {{"path", "x.tsv"}, {"positive_threshold", 5}}}}}},
      {"loss", {{"positive_threshold", 4}}}};
  const CommandResult result =
      data({"--config", directory.file("run.json", config.dump()).string(), "--no-tokens", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json reports = parse_json(result.out, "stdout");
  EXPECT_EQ(reports.at(0).at("labels").at("positives"), 2);
  EXPECT_EQ(reports.at(1).at("labels").at("positives"), 1);
}

TEST(DataCommand, TakesTheScaleOfTheLabelsBeforeAndAfterTheFile) {
  const TempDir directory;
  const std::string file = directory.file("x.tsv", "left\tright\tlabel\na\tb\t-1\na\tc\t6\n").string();
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--label-scale", "-1,5", file, "--no-tokens"},
        {"--label-scale=-1,5", file, "--no-tokens"},
        {file, "--no-tokens", "--label-scale", "-1,5"}}) {
    const CommandResult result = data(args);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr("x.tsv:3: label: the label 6 is outside"),
                                  HasSubstr("rows                  1")));
  }
}

TEST(DataCommand, EndsWithOneForRowsThatCannotBeUsed) {
  const TempDir directory;
  const std::string file = directory.file("x.tsv", "left\tright\tlabel\na\tb\na\tb\t1\n").string();
  const CommandResult result = data({file, "--no-tokens"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("x.tsv:2: expected 3 tab-separated columns"));
  EXPECT_THAT(result.out, HasSubstr("rows                  1"));
}

TEST(DataCommand, ReportsTheOtherFilesOfOneThatCannotBeRead) {
  const TempDir directory;
  const std::string first = directory.file("first.tsv", "left\tright\tlabel\na\tb\t1\n").string(),
                    empty = directory.file("empty.tsv", "").string(),
                    nameless = directory.file("nameless.tsv", "x\ty\na\tb\n").string(),
                    last = directory.file("last.tsv", "query\tpositive\na\tb\n").string();
  const CommandResult text = data({"--no-tokens", first, empty, nameless, last});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.out, AllOf(HasSubstr("first.tsv"), HasSubstr("last.tsv"), Not(HasSubstr("empty.tsv"))));
  EXPECT_THAT(text.err,
              AllOf(HasSubstr("error: " + empty + ": the file is empty"), HasSubstr("\n" + nameless + ":")));
  const CommandResult as_json = data({"--no-tokens", "--json", first, empty, nameless, last});
  EXPECT_EQ(as_json.exit_code, 1);
  const json reports = parse_json(as_json.out, "stdout");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].at("format"), "scored_pairs");
  EXPECT_EQ(reports[1].at("format"), "pairs");
  EXPECT_EQ(as_json.err, text.err);
}

TEST(DataCommand, SaysWhatIsWrong) {
  const TempDir directory;
  const std::string file = directory.file("x.tsv", "left\tright\tlabel\na\tb\t1\n").string();
  const auto expect = [](int exit_code, const std::vector<std::string>& args, const char* fragment) {
    const CommandResult result = data(args);
    EXPECT_EQ(result.exit_code, exit_code) << fragment;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(fragment));
  };
  expect(2, {}, "expected files, or --config");
  expect(2, {file, "--config", "x.json"}, "; found both");
  expect(2, {file, "--format", "pair"}, "pair not in {scored_pairs,pairs,triplets}");
  expect(2, {file, "--column", "left"}, "--column: left, expected part=name");
  expect(2, {file, "--label-scale", "5,0"}, "--label-scale 5,0: expected the lowest label and then the");
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--label-scale", "0", "5", file}, {file, "--label-scale", "0", "5"}})
    expect(2, args, "--label-scale 0: expected the lowest label and then the highest, as in 0,5");
  expect(1, {file, "--format", "pairs"}, "no column named query or anchor");
  expect(1, {file, "--column", "left=foo"}, R"(no column named "foo", which is to be left (found "left",)");
  expect(1, {file, "--column", "lft=left"},
         "lft is not one of left, right, label, query, positive, negative; did");
  expect(1, {directory.path().string()}, ": a directory, not a file; expected .tsv");
  expect(1, {file, "--model", "/no/model"}, "/no/model");
  expect(1, {"/no/file.tsv"}, "/no/file.tsv: no such data file");
  expect(
      1, {"stsb/no.tsv", "--data-dir", directory.path().string()},
      ("stsb/no.tsv: no such data file, neither in the data directory " + directory.path().string()).c_str());
}

TEST(DataCommand, PassesOverNothingThatIsAskedFor) {
  const auto expect = [](const std::vector<std::string>& args, const char* fragment) {
    const CommandResult result = data(args);
    EXPECT_EQ(result.exit_code, 2) << fragment;
    EXPECT_THAT(result.err, HasSubstr(fragment));
  };
  expect({"x.tsv", "--set", "train.batch_size=64"},
         "--set train.batch_size=64: changes a value of a configuration; name one with --config");
  expect({"--config", "x.json", "--format", "pairs"},
         "--format: is for files; the configuration says it: --set data.train[0].format=…");
  expect({"--config", "x.json", "--column", "left=a"}, "--set data.train[0].columns=…");
  expect({"--config", "x.json", "--label-scale", "0,5"}, "--set data.train[0].label_scale=…");
  expect({"x.tsv", "--no-tokens", "--model", "x"},
         "--model: is for texts measured in tokens, which --no-tok");
  expect({"x.tsv", "--no-tokens", "--max-seq-length", "9"}, "--max-seq-length: is for texts measured in");
  expect({"x.tsv", "--positive-threshold", "nan"}, "--positive-threshold nan: expected a finite number");
}

TEST(DataCommand, NeedsNoMoreMemoryForALargeFile) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer keeps what is freed";
  const TempDir directory;
  const auto peak = [&](int rows) {
    std::string content = "query\tpositive\n";
    for (int i = 0; i < rows; ++i) content += "the same query\t" + std::string(1000, 'x') + "\n";
    const CommandResult result = data({directory.file("x.tsv", content).string(), "--no-tokens"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.peak_memory_bytes;
  };
  EXPECT_LT(peak(40'000), peak(1'000) + (8 << 20));
}

}  // namespace
}  // namespace angle
