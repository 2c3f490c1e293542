// `angle embed` as its users see it: exit code, stdout, stderr. Invariants:
//  - vectors equal sentence-transformers' (tests/golden/models, 2e-5) for every kind of model directory;
//  - every format, from a file or a pipe, holds the same numbers, and stdout nothing else;
//  - mistakes end with 1 (what the user can fix) or 2 (wrong usage), one line that says what to do, and no
//    output;
//  - no output takes the place of a file that is read, nor of the other output;
//  - a reader that stops early is no failure, a full disk is one; a closed stream is no file;
//  - killed at any moment there is nothing under the final name, and --resume makes it what it would have
//    been; interrupted, it waits for no pipe;
//  - memory does not grow with the input;
//  - a CPU with AVX2 alone makes the bytes of one with AVX-512 in float32, and int8; bfloat16 is refused
//    there;
//  - each worker is bound to its part of the cores that the process may use, and the bytes are those of one.

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sched.h>
#include <set>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/safetensors.h"

#include "support/golden.h"
#include "support/gzip.h"
#include "support/run_command.h"
#include "support/safetensors_elements.h"
#include "support/sanitized.h"
#include "support/signal_masks.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::CommandResult;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempDir;
using testing::tiny_bert;

/// `angle embed …`, with tiny-bert unless `args` name another model. One thread is enough for it, and several
/// of such processes with more would wait for each other.
CommandResult embed(std::vector<std::string> args, std::string_view input = "") {
  if (std::find(args.begin(), args.end(), "--model") == args.end())
    args.insert(args.end(), {"--model", tiny_bert()});
  args.insert(args.begin(), {ANGLE_BINARY, "embed", "--threads", "1"});
  return testing::run_command(args, input);
}

std::vector<float> to_floats(std::string_view bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

/// The numbers of jsonl or tsv.
std::vector<float> parse_numbers(std::string text) {
  std::vector<float> numbers;
  for (char& c : text)
    if (c == '\t') c = ',';
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json row = line.front() == '{' ? parse_json(line, "stdout").at("embedding")
                                         : parse_json("[" + line + "]", "stdout");
    for (const json& number : row) numbers.push_back(number.get<float>());
  }
  return numbers;
}

float largest_difference(const std::vector<float>& left, const std::vector<float>& right) {
  EXPECT_EQ(left.size(), right.size());
  float largest = 0;
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i)
    largest = std::max(largest, std::abs(left[i] - right[i]));
  return largest;
}

std::string numbered_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "text number " + std::to_string(i) + "\n";
  return lines;
}

/// Waits until `condition`, for a minute at most.
void wait_for(const std::function<bool()>& condition) {
  for (int i = 0; i < 12'000 && !condition(); ++i) usleep(5'000);
}

/// A file's content; "" when it is not there.
std::string read_if_there(const fs::path& path) { return fs::exists(path) ? read_file(path) : ""; }

/// Whether an output that is not complete has rows to go on from.
bool has_saved(const fs::path& output) {
  const std::string state = read_if_there(output.string() + ".part.json");
  return !state.empty() && !json::parse(state).at("state").is_null();
}

class GoldenModels : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenModels, GiveTheReferenceEmbeddings) {
  const fs::path model = testing::golden_path(fs::path("models") / GetParam());
  std::string lines;
  for (const json& text : read_json(testing::golden_path("models/texts.json")))
    lines += json({{"text", text}}).dump() + "\n";
  const auto result =
      testing::run_command({ANGLE_BINARY, "embed", "--model", model.string(), "--field", "text"}, lines);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const SafetensorsFile file(model / "expected.safetensors");
  const auto expected = testing::read_elements<float>(file, "sentence_embedding");
  EXPECT_LE(largest_difference(parse_numbers(result.out), expected), 2e-5F);
}

INSTANTIATE_TEST_SUITE_P(, GoldenModels,
                         ::testing::Values("tiny-bert", "tiny-bert-cls", "tiny-bert-sharded",
                                           "tiny-bert-prefixed", "tiny-roberta", "tiny-xlmr"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(EmbedCommand, WritesJsonLinesToStdoutAndTheRestToStderr) {
  const auto result = embed({}, "one\n\nthree\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("{\"index\":0,\"embedding\":["));
  EXPECT_THAT(result.out, HasSubstr("]}\n{\"index\":2,\"embedding\":["));
  EXPECT_THAT(result.out, EndsWith("]}\n"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 3);
  EXPECT_THAT(result.err, HasSubstr("3 texts embedded"));
  EXPECT_THAT(result.err, HasSubstr("1 text empty"));
  EXPECT_THAT(result.err, HasSubstr("→ mean → normalize, at most 48 tokens"));
}

TEST(EmbedCommand, HoldsTheSameNumbersInEveryFormat) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(20)).string();
  const std::string zipped = directory.file("in.txt.gz", testing::gzip(numbered_lines(20))).string();
  const auto expected = parse_numbers(embed({input}).out);
  ASSERT_EQ(expected.size(), 20U * 32);
  for (const std::string name : {"out.jsonl", "out.tsv", "out.raw", "out.bin", "out.npy"}) {
    const std::string output = (directory.path() / name).string();
    const auto result = embed({zipped, "-o", output});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("20 vectors in " + output));
    std::string bytes = read_file(output);
    if (name == "out.npy") {
      EXPECT_THAT(bytes, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 32), }"));
      bytes.erase(0, 128);
    }
    const bool is_text = name == "out.jsonl" || name == "out.tsv";
    EXPECT_EQ(is_text ? parse_numbers(bytes) : to_floats(bytes), expected) << name;
  }
  EXPECT_EQ(embed({"--format", "raw"}, numbered_lines(20)).out, read_file(directory.path() / "out.raw"));
  for (const std::string name : {"out.bin", "out", "out.vectors"}) {
    const auto result = embed({input, "--format", "raw", "-o", (directory.path() / name).string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

TEST(EmbedCommand, WritesNpyToAPipeWhenTheInputIsAFile) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", "a\nb\n\n").string();
  const auto result = embed({input, "--format", "npy"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("'shape': (3, 32)"));
  EXPECT_EQ(result.out.size(), 128U + 3 * 32 * 4);

  const auto refused = embed({"--format", "npy", "--model", "/absent"}, "a\nb\n");
  EXPECT_EQ(refused.exit_code, 2) << "before the model is loaded";
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("--format npy: begins with the number of rows"));
  EXPECT_THAT(refused.err, HasSubstr("--format raw or jsonl"));
}

TEST(EmbedCommand, WarnsOfAnInputWithoutTexts) {
  const TempDir directory;
  const std::string empty = directory.file("empty.txt", "").string();
  const std::string one = directory.file("one.txt", "a text\n").string();
  const std::string output = (directory.path() / "out.npy").string();
  const auto result = embed({empty, "-o", output});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning: no texts in " + empty + "\n0 vectors in " + output));
  EXPECT_THAT(embed({}).err, HasSubstr("warning: no texts in <stdin>\n"));
  EXPECT_THAT(embed({one, "--shard", "1/2"}).err, HasSubstr("warning: no texts in shard 1/2 of " + one));
  EXPECT_THAT(embed({one}).err, Not(HasSubstr("warning")));
}

TEST(EmbedCommand, TakesAColumnOfATable) {
  const TempDir directory;
  const std::string csv = directory.file("in.csv", "id,text\n1,\"a, b\"\n2,\"c\nd\"\n").string();
  const auto result = embed({csv, "--field", "text"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("warning")));
  EXPECT_EQ(parse_numbers(result.out), parse_numbers(embed({}, "a, b\nc d\n").out));
  EXPECT_THAT(embed({csv, "--field", "text", "--format", "npy"}).out, HasSubstr("'shape': (2, 32)"));
  EXPECT_THAT(embed({csv}).err, HasSubstr("warning: " + csv +
                                          ": each line is taken as a text; for a column give --field NAME"));
}

TEST(EmbedCommand, FollowsItsOptions) {
  const auto plain = parse_numbers(embed({}, "x some text\n").out);
  EXPECT_EQ(parse_numbers(embed({"--prompt", "x "}, "some text\n").out), plain);
  const auto cut = embed({"--max-seq-length", "4"}, "a b c\n");
  EXPECT_EQ(parse_numbers(cut.out), parse_numbers(embed({}, "a b\n").out));
  EXPECT_THAT(cut.err, HasSubstr("warning: 1 text cut, losing 1 token\n"));
  const auto norm = [](const std::vector<float>& vector) {
    double squares = 0;
    for (const float x : vector) squares += double{x} * double{x};
    return std::sqrt(squares);
  };
  EXPECT_NEAR(norm(plain), 1, 1e-6);
  EXPECT_GT(norm(parse_numbers(embed({"--no-normalize"}, "x some text\n").out)), 1.1);
  const auto truncated = parse_numbers(embed({"--truncate-dim", "5"}, "x some text\n").out);
  EXPECT_EQ(truncated.size(), 5U);
  EXPECT_NEAR(norm(truncated), 1, 1e-6);
}

TEST(EmbedCommand, ReadsLongTextsInWindows) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "the quiet harbour ";
  const CommandResult cut = embed({}, text + "\nshort\n");
  const CommandResult windows = embed({"--long-texts", "windows"}, text + "\nshort\n");
  EXPECT_THAT(cut.err, HasSubstr("warning: 1 text cut, losing"));
  EXPECT_THAT(windows.err, HasSubstr("1 text longer than the model reads, in "));
  EXPECT_THAT(windows.err, Not(HasSubstr("cut")));
  const auto cut_numbers = parse_numbers(cut.out), window_numbers = parse_numbers(windows.out);
  ASSERT_EQ(window_numbers.size(), 64u);
  EXPECT_GT(largest_difference({cut_numbers.begin(), cut_numbers.begin() + 32},
                               {window_numbers.begin(), window_numbers.begin() + 32}),
            1e-3F);
  EXPECT_LT(largest_difference({cut_numbers.begin() + 32, cut_numbers.end()},
                               {window_numbers.begin() + 32, window_numbers.end()}),
            1e-6F);
  const CommandResult refused = embed({"--long-texts", "windows", "--window-overlap", "46"}, text);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("window overlap 46: expected 0 to 45"));
}

TEST(EmbedCommand, QuantizesWithCalibrationOrSavedRanges) {
  const TempDir directory;
  const std::string texts = directory.file("texts", numbered_lines(30)).string(),
                    ranges = (directory.path() / "ranges.npy").string();
  const auto calibrated =
      embed({"--quantize", "int8", "--calibration", texts, "--save-ranges", ranges}, "text number 7\n");
  ASSERT_EQ(calibrated.exit_code, 0) << calibrated.err;
  for (const float number : parse_numbers(calibrated.out))
    EXPECT_EQ(number, std::clamp(std::round(number), -128.F, 127.F));
  EXPECT_EQ(embed({"--quantize", "int8", "--ranges", ranges}, "text number 7\n").out, calibrated.out);
  EXPECT_EQ(embed({"--quantize", "ubinary", "--format", "raw"}, "a\nb\n").out.size(), 2U * 32 / 8);
  const auto refused = embed({"--quantize", "int8", "--calibration", texts, "--save-ranges", "/nowhere/r.npy",
                              "--model", "no-such-model"},
                             "a\n");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("/nowhere/r.npy: can't be written")) << "before the model is loaded";
  EXPECT_THAT(embed({"--quantize", "int8", "--ranges", ranges, "--truncate-dim", "8"}, "a\n").err,
              HasSubstr("ranges.npy: expected float32 numbers of shape (2, 8)"));
}

TEST(EmbedCommand, RefusesInputThatItCantUse) {
  const TempDir directory;
  const auto expect_failure = [](const CommandResult& result, const std::string& message) {
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("error: "));
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, Not(HasSubstr("internal")));
  };
  const std::string bad = directory.file("bad.txt", "fine\nnot \xff fine\n").string();
  const std::string jsonl = directory.file("in.jsonl", "{\"text\": \"a\"}\n").string();
  expect_failure(embed({"/nowhere/in.txt"}), "/nowhere/in.txt: can't be opened: No such file or directory");
  expect_failure(embed({directory.path().string()}), directory.path().string() + ": a directory, not a file");
  EXPECT_THAT(embed({directory.path().string()}).err, Not(HasSubstr("model:"))) << "it was loaded first";
  expect_failure(embed({bad}), "bad.txt:2: invalid UTF-8 at byte 4");
  expect_failure(embed({jsonl, "--field", "txt"}),
                 R"(in.jsonl:1: there is no field "txt"; did you mean "text"?)");
  expect_failure(embed({"--model", "no-such-model"}),
                 "no-such-model: neither a model directory nor a model in");
  expect_failure(embed({"-o", "/nowhere/out.npy"}),
                 "/nowhere/out.npy: can't be written: No such file or directory");
  expect_failure(embed({"-o", "/dev/null", "--format", "raw"}), "/dev/null: not a regular file");
  expect_failure(embed({"--max-seq-length", "1000"}, "a\n"), "--max-seq-length 1000: expected 2 to");
  expect_failure(embed({"--max-seq-length", "2"}, "a\n"),
                 "--max-seq-length 2: special tokens take 2 tokens, and 2 are read");
  expect_failure(embed({"--prompt", std::string(1000, '?')}, "a\n"),
                 "nothing of a text would be; shorten the prompt, or read at least");
  expect_failure(embed({"--truncate-dim", "33"}, "a\n"), "--truncate-dim 33: expected 1 to 32");
  expect_failure(embed({"--prompt-name", "qurey"}, "a\n"),
                 "--prompt-name qurey: the model has no such prompt; did you mean \"query\"? (prompts: "
                 "document, query)");
  EXPECT_THAT(embed({jsonl}).err, HasSubstr("warning: " + jsonl + ": each line is taken as a text"));
  EXPECT_EQ(embed({bad, "--invalid-utf8", "replace"}).exit_code, 0);
}

TEST(EmbedCommand, RefusesWorkersWhereOpenMpBindsThreads) {
  const CommandResult result =
      testing::run_command({"env", "OMP_PROC_BIND=close", ANGLE_BINARY, "embed", "--model", tiny_bert(),
                            "--threads", "2", "--workers", "2"},
                           "a text\n");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("workers 2: OMP_PROC_BIND"), HasSubstr("unset it")));
}

TEST(EmbedCommand, MakesTheSameBytesOnAnOlderCpu) {
  if (!cpu_features().avx2) GTEST_SKIP() << "no AVX2";
  const auto on = [](const std::string& cpu, const std::string& precision) {
    return testing::run_command({"env", "ANGLE_CPU=" + cpu, ANGLE_BINARY, "embed", "--model", tiny_bert(),
                                 "--threads", "1", "--precision", precision},
                                "a text\nanother, longer text\n");
  };
  const CommandResult here = embed({}, "a text\nanother, longer text\n");
  EXPECT_EQ(here.exit_code, 0);
  EXPECT_EQ(on("avx2", "float32").out, here.out);
  EXPECT_EQ(on("avx2", "int8").exit_code, 0);
  EXPECT_NE(on("avx2", "int8").out, here.out);
  EXPECT_THAT(on("avx2", "bfloat16").err, HasSubstr("this CPU has no bfloat16 instructions (found AVX2"));
  EXPECT_THAT(on("none", "int8").err, HasSubstr("precision int8: this CPU has no AVX2; use float32\n"));
  const CommandResult unknown = on("fast", "float32");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("error: ANGLE_CPU: found \"fast\", expected one of none, avx2"));
}

TEST(EmbedCommand, RefusesWrongUsageWithItsOwnCode) {
  const auto expect_usage = [](const std::vector<std::string>& args, const std::string& message) {
    const auto result = embed(args, "a\n");
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  expect_usage({"--no-such-option"}, "--no-such-option");
  expect_usage({"--format", "csv"}, "csv not in {jsonl,npy,tsv,raw}");
  expect_usage({"--quantize", "int4"}, "int4 not in {int8,uint8,binary,ubinary}");
  expect_usage({"--quantize", "int8"}, "--calibration FILE");
  expect_usage({"--calibration", "x"}, "--calibration: is for --quantize int8 and uint8 only");
  expect_usage({"--quantize", "int8", "--calibration", "-"}, "--calibration -: is the input too");
  expect_usage({"--quantize", "int8", "--calibration", "x", "--ranges", "y"}, "excludes");
  expect_usage({"--save-ranges", "x"}, "requires --calibration");
  expect_usage({"--prompt", "x", "--prompt-name", "query"}, "excludes");
  expect_usage({"--resume"}, "needs a file to go on with: -o FILE");
  expect_usage({"--truncate-dim", "0"}, "--truncate-dim: 0, expected a whole number from 1 to 1000000\n");
  expect_usage({"--save-every", "soon"}, "--save-every: soon is not a number\n");
  expect_usage({"--shard", "1/2"}, "--shard: needs an input file");
  expect_usage({"in.txt", "--shard", "3/2"}, "--shard 3/2: expected I/N");
  expect_usage({"-o", "out.csv"}, ".jsonl, .npy, .tsv, .raw or .bin");
  for (const char* file : {"out.npy", "out.tsv", "out.raw", "out.bin"})
    expect_usage({"-o", file, "--format", "jsonl"},
                 std::string("--format jsonl: the extension of --output ") + file + " means another format");
  expect_usage({"--device", "tpu"}, "--device: tpu, expected auto, cpu, cuda or cuda:N");
  expect_usage({"--window-overlap", "4"}, "--window-overlap 4: `--long-texts truncate` has no windows");
  expect_usage({"--workers", "2"}, "--workers 2: expected 1 to 1, the number of threads");
  expect_usage({"--workers", "2", "--model", "no-such-model"}, "--workers 2: expected 1 to 1");
  expect_usage({"--workers", "0"}, "--workers");
  expect_usage({"--workers", "two"}, "--workers");
  const auto help = embed({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("Example: angle embed input.txt -o vectors.npy"));
  EXPECT_THAT(help.out, HasSubstr(".jsonl, .npy, .tsv, .raw or .bin"));
}

TEST(EmbedCommand, DoesNotReplaceItsInput) {
  const TempDir directory;
  const std::string input = directory.file("x.tsv", "a\n").string();
  const auto result = embed({input, "-o", directory.path().string() + "/./x.tsv"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("x.tsv: is the input, which would be lost"));
  EXPECT_EQ(read_file(input), "a\n");
  const std::string link = (directory.path() / "link.tsv").string();
  fs::create_symlink("x.tsv", link);
  EXPECT_EQ(embed({input, "-o", link}).exit_code, 2);
  const auto redirected = testing::run_shell(
      "\"$0\" embed --model '" + tiny_bert() + "' -o '" + input + "' < '" + input + "'", ANGLE_BINARY);
  EXPECT_EQ(redirected.exit_code, 2);
  EXPECT_EQ(read_file(input), "a\n");
}

TEST(EmbedCommand, ReplacesNoOtherFileThatItUses) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", "a\n").string();
  const std::string many = directory.file("many.tsv", numbered_lines(30)).string();
  const std::string ranges = directory.file("ranges.npy", "ranges").string();
  const std::string vectors = (directory.path() / "vectors.npy").string();
  const auto expect_refused = [&](std::vector<std::string> args, const std::string& message) {
    args.insert(args.begin(), {input, "--quantize", "int8"});
    const auto result = embed(args);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  const std::string lost = ", which would be lost";
  expect_refused({"--calibration", many, "--save-ranges", many},
                 "--save-ranges " + many + ": is the file of --calibration" + lost);
  expect_refused({"--calibration", many, "--save-ranges", input},
                 "--save-ranges " + input + ": is the input" + lost);
  expect_refused({"--calibration", many, "-o", many},
                 "--output " + many + ": is the file of --calibration" + lost);
  expect_refused({"--ranges", ranges, "-o", ranges},
                 "--output " + ranges + ": is the file of --ranges" + lost);
  expect_refused(
      {"--calibration", many, "-o", vectors, "--save-ranges", directory.path().string() + "/./vectors.npy"},
      "--output " + vectors + ": is the file of --save-ranges" + lost);
  const std::string part = directory.file("out.part", "texts").string();
  expect_refused({"--calibration", part, "-o", (directory.path() / "out").string()},
                 "/out, which grows as " + part + ": is the file of --calibration" + lost);
  EXPECT_EQ(read_file(part), "texts");
  expect_refused(
      {"--calibration", many, "-o", vectors, "--save-ranges", vectors + ".part"},
      "--output " + vectors + ", which grows as " + vectors + ".part: is the file of --save-ranges" + lost);
  expect_refused({"--ranges", ranges, "--save-ranges", ranges}, "--save-ranges requires --calibration");
  EXPECT_EQ(read_file(many), numbered_lines(30));
  EXPECT_EQ(read_file(ranges), "ranges");
  EXPECT_FALSE(fs::exists(vectors));
}

TEST(EmbedCommand, EmbedsInShardsOfEveryFormat) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(5000)).string();
  for (const std::string format : {"jsonl", "tsv", "raw", "npy"}) {
    // What numpy.concatenate does with arrays of one width: rows after rows, without the headers.
    const size_t header = format == "npy" ? 128 : 0;
    const std::string whole = embed({input, "--format", format}).out;
    std::string joined;
    for (const char* shard : {"1/3", "2/3", "3/3"}) {
      const auto part = embed({input, "--format", format, "--shard", shard});
      EXPECT_EQ(part.exit_code, 0);
      EXPECT_THAT(part.err, HasSubstr(std::string("shard ") + shard + ": "));
      ASSERT_GE(part.out.size(), header);
      joined += part.out.substr(header);
    }
    EXPECT_EQ(joined, whole.substr(header)) << format;
  }
  EXPECT_THAT(embed({"--help"}).out, HasSubstr("numpy.concatenate"));
}

TEST(EmbedCommand, DealsTextsOutEvenly) {
  if (!cpu_features().avx2) GTEST_SKIP() << "no AVX2: whole windows are dealt out";
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(100)).string();
  EXPECT_THAT(embed({input, "--shard", "1/8"}).err, HasSubstr("shard 1/8: 12 texts from text 0 on"));
  EXPECT_THAT(embed({input, "--shard", "8/8"}).err, HasSubstr("shard 8/8: 13 texts from text 87 on"));
}

TEST(EmbedCommand, EndsQuietlyWhenTheReaderHasSeenEnough) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(5000)).string();
  const auto result = testing::run_shell(
      "\"$0\" embed --model '" + tiny_bert() + "' '" + input + "' | head -n 1", ANGLE_BINARY);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("{\"index\":0,"));
  EXPECT_THAT(result.err, Not(HasSubstr("error")));
  EXPECT_THAT(result.err, Not(HasSubstr(" embedded"))) << "how many were is not known";
  EXPECT_THAT(result.err, EndsWith("stopped: whoever read stdout has gone\n"));
}

TEST(EmbedCommand, SaysThatTheDiskIsFull) {
  const auto result =
      testing::run_shell("echo a | \"$0\" embed --model '" + tiny_bert() + "' > /dev/full", ANGLE_BINARY);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("<stdout>: writing failed: No space left on device"));
}

TEST(EmbedCommand, KeepsTheLogOutOfTheVectorsWhereStderrIsClosed) {
  const TempDir directory;
  const std::string output = (directory.path() / "out.jsonl").string();
  const std::string line = "echo a | \"$0\" embed --model '" + tiny_bert() + "'";
  EXPECT_EQ(testing::run_shell(line + " -o '" + output + "' 2>&-", ANGLE_BINARY).exit_code, 0);
  EXPECT_THAT(read_file(output), StartsWith("{\"index\":0,"));
  const auto closed = testing::run_shell(line + " >&-", ANGLE_BINARY);
  EXPECT_EQ(closed.exit_code, 1);
  EXPECT_THAT(closed.err, HasSubstr("<stdout>: writing failed"));
}

TEST(EmbedCommand, IsResumedToTheSameBytesAfterKills) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(100'000)).string();
  const fs::path expected = directory.path() / "expected.npy", output = directory.path() / "out.npy";
  ASSERT_EQ(embed({input, "-o", expected.string()}).exit_code, 0);

  const std::vector<std::string> command = {ANGLE_BINARY,   "embed", "--model", tiny_bert(),     input,
                                            "--threads",    "1",     "-o",      output.string(), "--resume",
                                            "--save-every", "0"};
  std::mt19937 random(7);
  int kills = 0;
  for (std::string state; kills < 5 && !fs::exists(output); ++kills) {
    testing::RunningCommand running(command);
    wait_for([&] { return fs::exists(output) || read_if_there(output.string() + ".part.json") != state; });
    usleep(static_cast<useconds_t>(random() % 100'000));
    running.send(SIGKILL);
    if (running.wait().exit_code == 0 || fs::exists(output)) break;  // it was done before the kill
    state = read_if_there(output.string() + ".part.json");
    EXPECT_NE(state, "");
  }
  EXPECT_GE(kills, 2) << "the job is too short for this test";
  const CommandResult last = testing::run_command(command);
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(read_file(output), read_file(expected));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 3) << "something was left behind";
}

TEST(EmbedCommand, AsksForAFileWhereItIsGivenSomethingElse) {
  const TempDir directory;
  const CommandResult folder = embed({"-o", directory.path().string()}, "a text\n");
  EXPECT_EQ(folder.exit_code, 1);
  EXPECT_THAT(folder.err,
              HasSubstr("--output " + directory.path().string() + ": a directory; expected the name"));
  const CommandResult text = embed({"The cat sat"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.err,
              HasSubstr("The cat sat: no such file; a text itself comes from stdin: echo 'The cat sat' "
                        "| angle embed\n"));
}

TEST(EmbedCommand, SavesWhenItIsInterrupted) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(50'000)).string();
  const std::string output = (directory.path() / "out.raw").string();
  testing::RunningCommand running({ANGLE_BINARY, "embed", "--model", tiny_bert(), input, "-o", output,
                                   "--save-every", "0", "--threads", "1"});
  wait_for([&] { return has_saved(output); });
  EXPECT_THAT(testing::threads_that_take(SIGINT, running.process_id()),
              ::testing::AllOf(::testing::SizeIs(1), Not(::testing::Contains(running.process_id()))))
      << "see cli/interruption.h";
  running.send(SIGINT);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("saved, go on with --resume"));
  EXPECT_THAT(result.err, HasSubstr("interrupted: what is done is saved as soon as the texts at hand are "));
  EXPECT_FALSE(fs::exists(output));
  EXPECT_TRUE(has_saved(output));
}

TEST(EmbedCommand, WaitsForNoPipeWhenItIsInterrupted) {
  const TempDir directory;
  const std::string pipe = (directory.path() / "pipe").string(),
                    output = (directory.path() / "out.raw").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int writer = open(pipe.c_str(), O_RDWR | O_CLOEXEC);  // needs no reader to be there
  testing::RunningCommand running(
      {ANGLE_BINARY, "embed", "--model", tiny_bert(), pipe, "-o", output, "--threads", "1"});
  const std::string window = numbered_lines(2048);
  ASSERT_EQ(write(writer, window.data(), window.size()), std::ssize(window));
  std::error_code not_there;
  wait_for([&] { return fs::file_size(output + ".part", not_there) == 2048U * 32 * sizeof(float); });
  running.send(SIGINT);
  wait_for([&] { return !running.is_running(); });
  close(writer);  // or it would wait for ever
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("2048 vectors saved, go on with --resume"));
  EXPECT_FALSE(fs::exists(output));
}

TEST(EmbedCommand, SaysThatNothingIsSavedYet) {
  const TempDir directory;
  const std::string pipe = (directory.path() / "pipe").string();
  const std::string output = directory.file("out.raw", "vectors of before").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int writer = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(write(writer, "a text\n", 7), 7);
  testing::RunningCommand running(
      {ANGLE_BINARY, "embed", "--model", tiny_bert(), pipe, "-o", output, "--threads", "1"});
  wait_for([&] {
    int unread = 0;
    return ioctl(writer, FIONREAD, &unread) == 0 && unread == 0;
  });
  running.send(SIGINT);
  wait_for([&] { return !running.is_running(); });
  close(writer);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(result.err, EndsWith("interrupted before any vector was saved\n"));
  EXPECT_EQ(read_file(output), "vectors of before");
}

/// What /proc says of the CPUs that a thread may run on, such as "0-1", once for each thread.
std::multiset<std::string> allowed_cpus(pid_t process) {
  std::multiset<std::string> lists;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(task.path() / "status");
    const std::string name = "Cpus_allowed_list:\t";
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name)) lists.insert(line.substr(name.size()));
  }
  return lists;
}

TEST(EmbedCommand, WorkersWriteTheSameBytesOnCoresOfTheirOwn) {
  const TempDir directory;
  const std::string input = directory.file("in.txt", numbered_lines(60'000)).string();
  const fs::path expected = directory.path() / "expected.npy", output = directory.path() / "out.npy";
  ASSERT_EQ(embed({input, "-o", expected.string()}).exit_code, 0);
  const std::vector<std::string> command = {
      ANGLE_BINARY, "embed",     "--model", tiny_bert(), input, "-o",           output.string(),
      "--resume",   "--threads", "4",       "--workers", "2",   "--save-every", "0"};
  cpu_set_t before, two;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&two);
  std::vector<std::string> own;
  for (int cpu = 0; cpu < CPU_SETSIZE && own.size() < 2; ++cpu)
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &two);
      own.push_back(std::to_string(cpu));
    }
  if (own.size() < 2) GTEST_SKIP() << "there is one core only";
  sched_setaffinity(0, sizeof two, &two);  // which the command inherits
  testing::RunningCommand running(command);
  sched_setaffinity(0, sizeof before, &before);
  wait_for([&] { return has_saved(output) || !running.is_running(); });
  const auto lists = allowed_cpus(running.process_id());
  EXPECT_EQ(lists.count(own[0]), 2U) << "a worker and its second thread";
  EXPECT_EQ(lists.count(own[1]), 2U);
  EXPECT_GE(lists.size(), 6U);
  running.send(SIGKILL);
  EXPECT_EQ(running.wait().exit_code, 128 + SIGKILL);
  const CommandResult last = testing::run_command(command);
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_THAT(last.err, HasSubstr(" after "));
  EXPECT_THAT(last.err, HasSubstr("60000 vectors in"));
  EXPECT_EQ(read_file(output), read_file(expected));
}

TEST(EmbedCommand, NeedsNoMoreMemoryForMoreInput) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer keeps what is freed";
  const TempDir directory;
  const auto peak = [&](int repetitions) {
    std::string lines;
    for (int i = 0; i < repetitions; ++i) lines += numbered_lines(10);
    const std::string input = directory.file("in.txt", lines).string();
    const auto result = embed({input, "-o", (directory.path() / "out.jsonl").string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.peak_memory_bytes;
  };
  const int64_t small = peak(1000), large = peak(10'000);  // 10 thousand texts, 100 thousand: 35 MB of jsonl
  EXPECT_LT(large - small, int64_t{8} << 20);
}

}  // namespace
}  // namespace angle
