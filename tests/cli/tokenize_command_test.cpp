// `angle tokenize` as its users see it. Invariants:
//  - ids are those of the reference (tests/golden/models), special tokens included, cut as the model cuts
//    them;
//  - one line of JSON per text, nothing else on stdout;
//  - weights are not needed;
//  - mistakes end with 1 or 2 and say what to do.

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "angle/io/json.h"
#include "angle/io/safetensors.h"

#include "support/golden.h"
#include "support/model_copy.h"
#include "support/run_command.h"
#include "support/safetensors_elements.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

/// `angle tokenize …`, with tiny-bert unless `args` name another model.
CommandResult tokenize(std::vector<std::string> args, std::string_view input = "") {
  if (std::find(args.begin(), args.end(), "--model") == args.end())
    args.insert(args.end(), {"--model", testing::golden_path("models/tiny-bert").string()});
  args.insert(args.begin(), {ANGLE_BINARY, "tokenize"});
  return testing::run_command(args, input);
}

/// The ids of each text in a model's golden file, without the padding.
std::vector<std::vector<int64_t>> golden_ids(const fs::path& model) {
  const SafetensorsFile file(model / "expected.safetensors");
  const auto ids = testing::read_elements<int64_t>(file, "input_ids");
  const auto mask = testing::read_elements<int64_t>(file, "attention_mask");
  const std::vector<int64_t>& shape = file.tensors().at("input_ids").shape;  // texts, columns
  const auto columns = static_cast<size_t>(shape[1]);
  std::vector<std::vector<int64_t>> rows(static_cast<size_t>(shape[0]));
  for (size_t i = 0; i < ids.size(); ++i)
    if (mask[i] != 0) rows[i / columns].push_back(ids[i]);
  return rows;
}

class GoldenTokenizers : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTokenizers, GiveTheReferenceIds) {
  const fs::path model = testing::golden_path(fs::path("models") / GetParam());
  std::string lines;
  for (const json& text : read_json(testing::golden_path("models/texts.json")))
    lines += json({{"text", text}}).dump() + "\n";
  const auto result =
      testing::run_command({ANGLE_BINARY, "tokenize", "--model", model.string(), "--field", "text"}, lines);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::istringstream out(result.out);
  std::vector<std::vector<int64_t>> ids;
  for (std::string line; std::getline(out, line);) {
    const json row = parse_json(line, "stdout");
    ids.push_back(row.at("ids").get<std::vector<int64_t>>());
    EXPECT_EQ(row.at("tokens").size(), ids.back().size());
  }
  EXPECT_EQ(ids, golden_ids(model));
}

INSTANTIATE_TEST_SUITE_P(, GoldenTokenizers,
                         ::testing::Values("tiny-bert", "tiny-bert-cls", "tiny-bert-prefixed", "tiny-roberta",
                                           "tiny-xlmr"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(TokenizeCommand, PrintsIdsAndTokens) {
  const auto result = tokenize({}, "A fox\n\n");
  EXPECT_EQ(result.exit_code, 0);
  const json first = parse_json(result.out.substr(0, result.out.find('\n')), "line 1");
  EXPECT_EQ(first.at("tokens").front(), "[CLS]");
  EXPECT_EQ(first.at("tokens").back(), "[SEP]");
  EXPECT_THAT(result.out, HasSubstr("\"tokens\":[\"[CLS]\",\"[SEP]\"]}\n"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  EXPECT_THAT(result.err, HasSubstr("2 texts"));
}

TEST(TokenizeCommand, CutsAsTheModelDoes) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "a ";
  const auto by_model = tokenize({}, text + "\n"),
             by_option = tokenize({"--max-seq-length", "5"}, text + "\n");
  EXPECT_EQ(parse_json(by_model.out, "stdout").at("ids").size(), 48U);
  EXPECT_EQ(parse_json(by_option.out, "stdout").at("ids").size(), 5U);
  EXPECT_THAT(by_model.err, HasSubstr("warning: 1 text cut, losing 14 tokens\n"));
}

TEST(TokenizeCommand, PutsAPromptBeforeEachText) {
  EXPECT_EQ(tokenize({"--prompt", "a "}, "fox\n").out, tokenize({}, "a fox\n").out);
}

TEST(TokenizeCommand, PutsNothingBeforeThemWhereThePromptIsEmpty) {
  const testing::ModelCopy prompting;
  prompting.write_json("config_sentence_transformers.json",
                       {{"prompts", {{"query", "a "}}}, {"default_prompt_name", "query"}});
  const std::string model = prompting.path().string();
  EXPECT_EQ(tokenize({"--model", model}, "fox\n").out, tokenize({}, "a fox\n").out);
  EXPECT_EQ(tokenize({"--model", model, "--prompt", ""}, "fox\n").out, tokenize({}, "fox\n").out);
}

TEST(TokenizeCommand, DoesNotNeedWeights) {
  const testing::TempDir directory;
  const fs::path model = testing::golden_path("models/tiny-bert");
  fs::copy(model, directory.path() / "model", fs::copy_options::recursive);
  fs::remove(directory.path() / "model" / "model.safetensors");
  EXPECT_EQ(tokenize({"--model", (directory.path() / "model").string()}, "a fox\n").out,
            tokenize({}, "a fox\n").out);
}

TEST(TokenizeCommand, SaysWhatIsWrong) {
  const auto expect_failure = [](const CommandResult& result, int exit_code, const std::string& message) {
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, Not(HasSubstr("internal")));
  };
  expect_failure(tokenize({"/nowhere"}), 1, "/nowhere: can't be opened");
  expect_failure(
      tokenize({}, "a\n\xff\n"), 1,
      "<stdin>:2: invalid UTF-8 at byte 0 of the line; convert the text, or use --invalid-utf8 replace");
  expect_failure(tokenize({"--model", "no-such-model"}), 1,
                 "no-such-model: neither a model directory nor a model in");
  for (const char* length : {"1", "1000"})
    expect_failure(tokenize({"--max-seq-length", length}, "a\n"), 1,
                   fmt::format("--max-seq-length {}: expected 2 to", length));
  expect_failure(tokenize({"--field", "text"}, "{}\n"), 1, "<stdin>:1: there is no field \"text\"");
  expect_failure(tokenize({"--invalid-utf8", "ignore"}), 2, "ignore not in {error,replace}");
  expect_failure(tokenize({"--output", "x"}), 2, "--output");
  EXPECT_EQ(tokenize({"--invalid-utf8", "replace"}, "a\n\xff\n").exit_code, 0);
}

TEST(TokenizeCommand, EndsQuietlyWhenTheReaderHasSeenEnough) {
  const std::string model = testing::golden_path("models/tiny-bert").string();
  const auto result =
      testing::run_shell("seq 200000 | \"$0\" tokenize --model '" + model + "' | head -n 1", ANGLE_BINARY);
  EXPECT_THAT(result.out, HasSubstr("{\"ids\":["));
  EXPECT_THAT(result.err, Not(HasSubstr("error")));
}

}  // namespace
}  // namespace angle
