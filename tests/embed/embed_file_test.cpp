// Invariants:
//  - one row per text in the order of the input, equal to sentence-transformers' (tests/golden/models, 2e-5);
//  - where windows end does not change a vector (1e-6), and they end by texts or by bytes;
//  - how many windows are started before the first is written changes no byte, no count and no resumed job;
//  - nor does the number of workers, and what goes wrong in one ends the job;
//  - equal texts have equal rows, and all of them count in the statistics;
//  - the input is not read again after its end;
//  - progress moves within a window, forwards and on the caller's thread, and changes no byte;
//  - interrupted after any window or within one, or stopped by a mistake in the input, and resumed: the same
//    bytes as without; an input that ends when the job is interrupted does not complete it;
//  - the outputs of all shards, one after the other, are the bytes of one job, also when a shard is
//    resumed: shards of whole windows, and of any texts where the encoder gives a text the same vector in
//    any batch;
//  - what can't be resumed is refused, and stays as it was;
//  - a vector that is not finite is an error, and a text without tokens too, by its place in the input.
#include "angle/embed/embed_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <future>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/embed/embedding_ranges.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

#include "embed/text_window.h"
#include "support/expect_error.h"
#include "support/golden.h"
#include "support/gzip.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using ::testing::SizeIs;

constexpr int64_t kDims = 32;
const std::string kTinyBert = "models/tiny-bert";

/// A job with tiny-bert in a directory of its own.
class EmbedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(testing::golden_path(kTinyBert).empty());
    at::set_num_threads(1);  // tests run beside each other
  }

  EmbedFileResult run(const fs::path& input, const std::string& output, const EmbedFileOptions& options = {},
                      const EmbedOptions& embed = {}, const TextReaderOptions& reading = {}) {
    TextReader texts(input, reading);
    EmbeddingWriter writer(path(output), embedding_format(output));
    return embed_file(model_, embed, texts, writer, options);
  }

  /// Runs until `windows` windows are done.
  EmbedFileResult run_and_interrupt(const fs::path& input, const std::string& output,
                                    EmbedFileOptions options, int windows) {
    std::atomic<bool> interrupted = false;
    options.interrupted = &interrupted;
    options.progress = [&](const EmbedProgress&) { interrupted = --windows <= 0; };
    return run(input, output, options);
  }

  fs::path path(const std::string& name) const { return directory_.path() / name; }

  Tensor read_raw(const std::string& name) const {
    const std::string bytes = read_file(path(name));
    Tensor rows = at::empty({static_cast<int64_t>(bytes.size() / 4) / kDims, kDims}, at::kFloat);
    std::memcpy(rows.mutable_data_ptr(), bytes.data(), bytes.size());
    return rows;
  }

  static std::string numbered_lines(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "text number " + std::to_string(i % 40) + " of many\n";
    return lines;
  }

  testing::TempDir directory_;
  Model model_ = load_model(testing::golden_path(kTinyBert));
};

TEST_F(EmbedFile, GivesTheReferenceEmbeddingsInOrder) {
  const json golden_texts = read_json(testing::golden_path("models/texts.json"));
  std::string lines;
  for (const json& text : golden_texts) lines += json({{"text", text}}).dump() + "\n";
  const auto result = run(directory_.file("in.jsonl", lines), "out.raw", {}, {}, {.field = "text"});
  EXPECT_EQ(result.rows, 24);
  EXPECT_EQ(result.end, EmbedFileResult::End::complete);
  for (const NamedTensor& entry : read_tensors(testing::golden_path(kTinyBert) / "expected.safetensors"))
    if (entry.name == "sentence_embedding") {
      EXPECT_LE((read_raw("out.raw") - entry.tensor).abs().max().item<double>(), 2e-5);
      return;
    }
  ADD_FAILURE() << "expected.safetensors has no sentence_embedding";
}

TEST_F(EmbedFile, GivesEveryLineARow) {
  const auto result = run(directory_.file("in.txt", "a\n\n \nb"), "out.raw");
  EXPECT_EQ(result.rows, 4);
  EXPECT_EQ(result.statistics.texts, 4);
  EXPECT_EQ(result.statistics.empty_texts, 2);
  const Tensor rows = read_raw("out.raw");
  EXPECT_TRUE(at::equal(rows[1], rows[2]));
  EXPECT_FALSE(at::allclose(rows[0], rows[3]));
  EXPECT_EQ(run(directory_.file("none.txt", ""), "none.jsonl").rows, 0);
  EXPECT_EQ(read_file(path("none.jsonl")), "");
}

TEST_F(EmbedFile, RefusesTextsWithoutTokensByTheirPlace) {
  const testing::ModelCopy bare;
  bare.edit("tokenizer.json", [](json& tokenizer) { tokenizer["post_processor"] = nullptr; });
  model_ = load_model(bare.path());
  const fs::path input = directory_.file("in.txt", "a\nb\nb\nc\n\nd\n \n");
  const EmbedFileOptions three{.window_texts = 3};
  EXPECT_ERROR(run(input, "whole.raw"), "text 5: there are no tokens in it");
  EXPECT_ERROR(run(input, "parts.raw", three), "text 5: there are no tokens in it");
  EXPECT_ERROR(run(input, "windows.raw", three, {.long_texts = LongTexts::windows}), "text 5: ");
  EmbedFileOptions shard = three;
  shard.shard = ShardRange{.first_text = 3, .texts = 4};
  EXPECT_ERROR(run(input, "shard.raw", shard), "text 5: ");
  EXPECT_EQ(run(directory_.file("good.txt", "a\nb\n"), "good.raw").rows, 2);
}

TEST_F(EmbedFile, DoesNotDependOnWindows) {
  const fs::path input =
      directory_.file("in.txt", numbered_lines(40) + "a much longer text that goes on and on and on\n");
  run(input, "one.raw", {.window_texts = 1});
  run(input, "seven.raw", {.window_texts = 7});
  run(input, "bytes.raw", {.window_bytes = 100});
  run(input, "all.raw");
  for (const char* other : {"one.raw", "seven.raw", "bytes.raw"})
    EXPECT_LE((read_raw(other) - read_raw("all.raw")).abs().max().item<double>(), 1e-6) << other;
}

TEST_F(EmbedFile, DoesNotDependOnThreads) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i)
    texts.push_back(std::string(static_cast<size_t>(i % 60), 'x') + " word " + std::to_string(i));
  const auto embed = [&](Model& model, int threads) {
    at::set_num_threads(threads);
    Tensor rows = Embedder(model, {}).embed(texts);
    at::set_num_threads(1);
    return rows;
  };
  EXPECT_LE((embed(model_, 4) - embed(model_, 1)).abs().max().item<double>(), 1e-6);
  Model packed = load_model(testing::golden_path(kTinyBert));
  packed.encoder.prepare_inference(at::kCPU, Precision::float32);
  if (packed.encoder.encoder.is_prepacked()) {
    EXPECT_TRUE(at::equal(embed(packed, 4), embed(packed, 1)));
  }
}

TEST_F(EmbedFile, CountsRepeatedTexts) {
  const auto once = run(directory_.file("once.txt", "a b c unknown\xE2\x82\xAC\xE2\x82\xAC\n"), "once.raw",
                        {}, {.max_seq_length = 5});
  const auto thrice =
      run(directory_.file("thrice.txt",
                          "a b c unknown\xE2\x82\xAC\xE2\x82\xAC\na b c unknown\xE2\x82\xAC\xE2\x82\xAC\na b "
                          "c unknown\xE2\x82\xAC\xE2\x82\xAC\n"),
          "thrice.raw", {}, {.max_seq_length = 5});
  EXPECT_GT(once.statistics.tokens_cut, 0);
  EXPECT_EQ(thrice.statistics.texts, 3);
  EXPECT_EQ(thrice.statistics.texts_cut, 3);
  EXPECT_EQ(thrice.statistics.tokens, 3 * once.statistics.tokens);
  EXPECT_EQ(thrice.statistics.tokens_cut, 3 * once.statistics.tokens_cut);
  const std::string row = read_file(path("once.raw"));
  EXPECT_EQ(read_file(path("thrice.raw")), row + row + row);
}

TEST_F(EmbedFile, CountsEachRepetitionAsItsOwnText) {
  const std::string first = "a text\n", second = "another text, a longer one\n", third = "\n";
  const auto tokens = [&](const std::string& lines) {
    return run(directory_.file("in.txt", lines), "out.raw").statistics.tokens;
  };
  const auto result = run(
      directory_.file("in.txt", first + second + first + third + second + first + third + second + second),
      "out.raw");
  EXPECT_EQ(result.statistics.texts, 9);
  EXPECT_EQ(result.statistics.empty_texts, 2);
  EXPECT_EQ(result.statistics.tokens, 3 * tokens(first) + 4 * tokens(second) + 2 * tokens(third));
}

TEST_F(EmbedFile, QuantizesWithTheGivenRanges) {
  const fs::path input = directory_.file("in.txt", "one text\nanother text\n");
  Embedder embedder(model_, {});
  TextReader texts(input);
  const Tensor ranges = embedding_ranges(embedder, texts);
  run(input, "out.raw", {.quantization = Quantization::uint8, .ranges = ranges});
  const std::string bytes = read_file(path("out.raw"));
  ASSERT_THAT(bytes, SizeIs(2 * kDims));
  // In each dimension one of the two texts has the lowest value and the other one the highest, at most a
  // rounding below the last step.
  for (size_t i = 0; i < kDims; ++i) {
    const auto first = static_cast<uint8_t>(bytes[i]), second = static_cast<uint8_t>(bytes[kDims + i]);
    EXPECT_EQ(std::min(first, second), 0);
    EXPECT_GE(std::max(first, second), 254);
  }
}

TEST_F(EmbedFile, TellsTheTimeLeftForPlainFilesOnly) {
  std::vector<EmbedProgress> reports;
  const EmbedFileOptions options{.window_texts = 10,
                                 .progress = [&](const EmbedProgress& at) { reports.push_back(at); }};
  run(directory_.file("in.txt", numbered_lines(40)), "out.raw", options);
  ASSERT_THAT(reports, SizeIs(3));  // between four windows
  EXPECT_EQ(reports[1].texts, 20);
  EXPECT_GT(reports[1].texts_per_second, 0);
  EXPECT_GT(reports[0].seconds_left.value_or(0), 0);
  reports.clear();
  run(directory_.file("in.gz", testing::gzip(numbered_lines(40))), "out.raw", options);
  ASSERT_THAT(reports, SizeIs(3));
  EXPECT_FALSE(reports[0].seconds_left);
}

TEST_F(EmbedFile, IsResumedToTheSameBytes) {
  const fs::path input = directory_.file("in.txt", numbered_lines(100));
  for (const std::string output : {"out.raw", "out.jsonl", "out.tsv", "out.npy"}) {
    EmbedFileOptions options{.window_texts = 13};
    run(input, output, options);
    const std::string uninterrupted = read_file(path(output));
    for (const int windows : {1, 4, 7}) {
      fs::remove(path(output));
      const auto first = run_and_interrupt(input, output, options, windows);
      EXPECT_EQ(first.end, EmbedFileResult::End::interrupted);
      EXPECT_FALSE(fs::exists(path(output)));
      options.resume = true;
      const auto second = run(input, output, options);
      EXPECT_EQ(second.resumed_rows, 13 * windows);
      EXPECT_EQ(second.rows, 100);
      EXPECT_EQ(second.statistics.texts, 100 - 13 * windows);
      EXPECT_EQ(read_file(path(output)), uninterrupted) << output << " after " << windows << " windows";
      options.resume = false;
    }
  }
}

TEST_F(EmbedFile, WritesTheSameBytesWithWindowsAhead) {
  const fs::path input = directory_.file("in.txt", numbered_lines(100));
  const auto alone = run(input, "expected.raw", {.window_texts = 13});
  for (const int64_t ahead : {1, 2, 50}) {
    fs::remove(path("out.raw"));
    EmbedFileOptions options{.window_texts = 13, .windows_ahead = ahead};
    const auto result = run(input, "out.raw", options);
    EXPECT_EQ(result.rows, 100);
    EXPECT_EQ(result.statistics.tokens, alone.statistics.tokens);
    EXPECT_EQ(read_file(path("out.raw")), read_file(path("expected.raw"))) << ahead;
    if (ahead > 2)
      continue;  // all windows are started before the first is done: there is no moment to stop at

    fs::remove(path("out.raw"));
    options.save_seconds = 0;
    const auto interrupted = run_and_interrupt(input, "out.raw", options, 3);
    EXPECT_EQ(interrupted.end, EmbedFileResult::End::interrupted);
    EXPECT_EQ(interrupted.statistics.texts, 39) << "what was started is not counted";
    options.resume = true;
    EXPECT_EQ(run(input, "out.raw", options).resumed_rows, 39) << ahead;
    EXPECT_EQ(read_file(path("out.raw")), read_file(path("expected.raw"))) << ahead;
  }
}

/// Texts of many lengths, most of them different.
std::string varied_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    for (int word = 0; word < i % 23; ++word) lines += "word" + std::to_string(i * word % 97) + " ";
    lines += std::to_string(i % 150) + "\n";
  }
  return lines;
}

TEST_F(EmbedFile, WritesTheSameBytesWithWorkers) {
  const fs::path input = directory_.file("in.txt", varied_lines(200));
  for (const Precision precision : {Precision::float32, Precision::bfloat16, Precision::int8}) {
    model_ = load_model(testing::golden_path(kTinyBert));
    try {
      model_.encoder.prepare_inference(at::kCPU, precision);
    } catch (const Error&) {
      continue;  // this CPU has no instructions for it
    }
    for (const std::string output : {"out.jsonl", "out.npy"}) {
      at::set_num_threads(1);
      const auto alone = run(input, output, {.window_texts = 60});
      const std::string expected = read_file(path(output));
      at::set_num_threads(3);
      for (const int64_t workers : {2, 3}) {
        const auto result = run(input, output, {.window_texts = 60, .windows_ahead = 1, .workers = workers});
        EXPECT_EQ(result.statistics.tokens, alone.statistics.tokens);
        EXPECT_EQ(read_file(path(output)), expected) << output << ", " << workers << " workers";
      }
    }
  }
}

TEST_F(EmbedFile, TellsHowFarItIsWithinAWindow) {
  const fs::path input = directory_.file("in.txt", varied_lines(400));
  for (const LongTexts long_texts : {LongTexts::truncate, LongTexts::windows}) {
    run(input, "expected.raw", {.window_texts = 200}, {.long_texts = long_texts});
    std::vector<int64_t> texts;
    EmbedProgress last;
    EmbedFileOptions options{.window_texts = 200};
    options.progress_within = [&](const EmbedProgress& at) {
      texts.push_back(at.texts);
      last = at;
    };
    run(input, "out.raw", options, {.long_texts = long_texts});
    EXPECT_EQ(read_file(path("out.raw")), read_file(path("expected.raw")));
    EXPECT_TRUE(std::is_sorted(texts.begin(), texts.end()));
    EXPECT_THAT(texts, Contains(AllOf(Gt(0), Lt(200))));
    EXPECT_THAT(texts, Contains(AllOf(Gt(200), Lt(400))));
    EXPECT_EQ(last.texts, 400);
    EXPECT_GT(last.tokens_per_second, 0);
    EXPECT_EQ(last.seconds_left.value_or(-1), 0);
  }
}

TEST_F(EmbedFile, TellsHowFarItIsOnTheThreadOfTheCaller) {
  const fs::path input = directory_.file("in.txt", varied_lines(400));
  const auto caller = std::this_thread::get_id();
  at::set_num_threads(2);
  for (const int64_t workers : {1, 2}) {
    EmbedFileOptions options{.window_texts = 200, .windows_ahead = workers - 1, .workers = workers};
    options.progress_within = [&](const EmbedProgress& at) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      EXPECT_LE(at.texts, 400);
    };
    EXPECT_EQ(run(input, "out.raw", options).rows, 400);
  }
}

TEST(PendingEmbeddings, CallsBackWhileItWaits) {
  std::promise<void> computed;
  int calls = 0;
  PendingEmbeddings pending(at::ones({1, 2}), computed.get_future(), [&] {
    if (++calls == 2) computed.set_value();
  });
  EXPECT_EQ(pending.wait().size(0), 1);
  EXPECT_EQ(calls, 2);
}

TEST_F(EmbedFile, HasMoreWorkersThanBatches) {
  const fs::path input = directory_.file("in.txt", "one text\n\nanother text\n");
  run(input, "expected.raw");
  at::set_num_threads(8);
  EXPECT_EQ(run(input, "out.raw", {.windows_ahead = 1, .workers = 8}).rows, 3);
  EXPECT_EQ(run(directory_.file("none.txt", ""), "none.raw", {.workers = 8}).rows, 0);
  EXPECT_LE((read_raw("out.raw") - read_raw("expected.raw")).abs().max().item<double>(), 1e-6);
}

TEST_F(EmbedFile, IsResumedWithAnotherNumberOfWorkers) {
  const fs::path input = directory_.file("in.txt", varied_lines(100));
  model_.encoder.prepare_inference(at::kCPU, Precision::float32);
  run(input, "expected.npy", {.window_texts = 13});
  at::set_num_threads(2);
  EmbedFileOptions options{.window_texts = 13, .windows_ahead = 1, .workers = 2};
  const auto interrupted = run_and_interrupt(input, "out.npy", options, 3);
  EXPECT_EQ(interrupted.end, EmbedFileResult::End::interrupted);
  EXPECT_EQ(interrupted.statistics.texts, 39) << "what was started is not counted";
  EXPECT_FALSE(fs::exists(path("out.npy")));
  options = {.resume = true, .window_texts = 13};
  EXPECT_EQ(run(input, "out.npy", options).resumed_rows, 39);
  EXPECT_EQ(read_file(path("out.npy")), read_file(path("expected.npy")));
}

TEST_F(EmbedFile, EndsWithTheMistakeOfAWorker) {
  model_.encoder.dense.push_back({Linear(7, 3)});  // the encoder gives 32 features
  at::set_num_threads(2);
  const fs::path input = directory_.file("in.txt", varied_lines(100));
  const auto mistake = [&](int64_t workers) -> std::string {
    try {
      run(input, "out.raw", {.window_texts = 13, .windows_ahead = 1, .workers = workers});
    } catch (const std::exception& error) {
      return std::string(error.what()).substr(0, 60);  // what follows may be a backtrace
    }
    return "";
  };
  EXPECT_NE(mistake(2), "");
  EXPECT_EQ(mistake(2), mistake(1));
  EXPECT_FALSE(fs::exists(path("out.raw")));
}

TEST_F(EmbedFile, RefusesWorkersThatMakeNoSense) {
  const fs::path input = directory_.file("in.txt", "a\n");
  at::set_num_threads(2);
  EXPECT_ERROR(run(input, "out.raw", {.workers = 3}), "--workers 3: expected 1 to 2, the number of threads");
  EXPECT_ERROR(run(input, "out.raw", {.workers = 0}), "--workers 0: expected 1 to 2");
  model_.encoder.to(at::kMeta);  // any device but the CPU
  EXPECT_ERROR(run(input, "out.raw", {.workers = 2}), "--workers 2: for the CPU only; meta");
}

TEST_F(EmbedFile, GoesOnAfterAMistakeInTheInputWasMended) {
  const std::string start = numbered_lines(35), end = numbered_lines(5);
  for (const int64_t ahead : {0, 1}) {
    fs::remove(path("out.jsonl"));
    EmbedFileOptions options{.window_texts = 10, .windows_ahead = ahead, .save_seconds = 0};
    run(directory_.file("in.txt", start + "good\n" + end), "expected.jsonl", options);
    EXPECT_ERROR(run(directory_.file("in.txt", start + "b\xff" + "d\n" + end), "out.jsonl", options),
                 "in.txt:36: invalid UTF-8");
    options.resume = true;
    EXPECT_EQ(run(directory_.file("in.txt", start + "good\n" + end), "out.jsonl", options).resumed_rows, 20)
        << ahead;
    EXPECT_EQ(read_file(path("out.jsonl")), read_file(path("expected.jsonl"))) << ahead;
  }
}

TEST_F(EmbedFile, ReadsNothingAfterTheEndOfTheInput) {
  const fs::path input = directory_.file("in.txt", numbered_lines(30));
  EmbedFileOptions options{.window_texts = 10, .windows_ahead = 5};
  options.progress = [&](const EmbedProgress&) { std::ofstream(input, std::ios::app) << "later\n"; };
  EXPECT_EQ(run(input, "out.raw", options).rows, 30);
}

TEST_F(EmbedFile, GivesTheSameBytesInShards) {
  const fs::path input = directory_.file("in.txt", numbered_lines(100));
  run(input, "whole.jsonl", {.window_texts = 7});
  for (const int64_t count : {1, 3, 20}) {
    std::string joined;
    for (int64_t index = 1; index <= count; ++index) {
      TextReader texts(input);
      EmbedFileOptions options{.shard = find_shard(texts, {index, count}), .window_texts = 7};
      if (index == 2) {
        options.save_seconds = 0;
        run_and_interrupt(input, "part.jsonl", options, 1);
        options.resume = true;
      }
      EXPECT_EQ(run(input, "part.jsonl", options).rows, options.shard->texts);
      joined += read_file(path("part.jsonl"));
    }
    EXPECT_EQ(joined, read_file(path("whole.jsonl"))) << count;
  }
}

TEST_F(EmbedFile, GivesTheSameBytesInEvenShardsOfABatchInvariantEncoder) {
  if (!cpu_features().avx2) GTEST_SKIP() << "no AVX2";
  const fs::path input = directory_.file("in.txt", numbered_lines(100));
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    model_ = load_model(testing::golden_path(kTinyBert));
    model_.encoder.prepare_inference(at::kCPU, precision);
    ASSERT_TRUE(model_.encoder.is_batch_invariant());
    for (const LongTexts long_texts : {LongTexts::truncate, LongTexts::windows}) {
      const EmbedOptions embed{.max_seq_length = 6, .long_texts = long_texts};
      EXPECT_EQ(run(input, "whole.jsonl", {.window_texts = 7}, embed).rows, 100);
      std::string joined;
      for (int64_t index = 1; index <= 8; ++index) {
        TextReader texts(input);
        const EmbedFileOptions options{.shard = find_shard(texts, {index, 8}), .window_texts = 7};
        EXPECT_THAT(run(input, "part.jsonl", options, embed).rows, AnyOf(12, 13));
        joined += read_file(path("part.jsonl"));
      }
      EXPECT_EQ(joined, read_file(path("whole.jsonl")));
    }
  }
}

TEST_F(EmbedFile, CountsTheRepairedTextsThatItEmbeds) {
  const fs::path input = directory_.file("in.txt", "a\xFF\nb\xFF\nc\xFF\nd\n");
  const TextReaderOptions reading{.invalid_utf8 = InvalidUtf8::replace};
  EmbedFileOptions options{.window_texts = 1};
  EXPECT_EQ(run(input, "out.raw", options, {}, reading).repaired_texts, 3);
  options.shard = ShardRange{.first_text = 2, .texts = 2};
  EXPECT_EQ(run(input, "out.raw", options, {}, reading).repaired_texts, 1) << "two are passed over";

  std::atomic<bool> interrupted = false;
  options = {.window_texts = 1, .interrupted = &interrupted};
  options.progress = [&](const EmbedProgress&) { interrupted = true; };
  run(input, "out.raw", options, {}, reading);
  options = {.resume = true, .window_texts = 1};
  const auto resumed = run(input, "out.raw", options, {}, reading);
  EXPECT_EQ(resumed.resumed_rows, 1);
  EXPECT_EQ(resumed.repaired_texts, 2) << "one was done before";
}

TEST_F(EmbedFile, TellsTheTimeLeftOfAShardByItsTexts) {
  std::vector<EmbedProgress> reports;
  const EmbedFileOptions options{.shard = ShardRange{.first_text = 10, .texts = 20},
                                 .window_texts = 10,
                                 .progress = [&](const EmbedProgress& at) { reports.push_back(at); }};
  run(directory_.file("in.txt.gz", testing::gzip(numbered_lines(40))), "out.raw", options);
  ASSERT_THAT(reports, SizeIs(1));  // between two windows
  EXPECT_EQ(reports[0].texts, 10);
  EXPECT_GT(reports[0].seconds_left.value_or(0), 0);
}

TEST_F(EmbedFile, IsNotResumedWithOtherTextsOrOptions) {
  EmbedFileOptions options{.window_texts = 10};
  const std::string lines = numbered_lines(40);
  const fs::path input = directory_.file("in.txt", lines);
  run_and_interrupt(input, "out.raw", options, 2);
  options.resume = true;
  EXPECT_ERROR(run(directory_.file("changed.txt", "X" + lines), "out.raw", options),
               "--resume: the first 20 texts of the input are not those");
  EXPECT_ERROR(run(directory_.file("short.txt", numbered_lines(15)), "out.raw", options), "first 20 texts");
  EXPECT_ERROR(run(input, "out.raw", options, {.prompt = "query: "}), "prompt was \"\", is \"query: \"");
  EXPECT_ERROR(run(input, "out.raw", options, {.normalize = false}), "normalize was true, is false");
  EXPECT_ERROR(
      run(input, "out.raw", {.quantization = Quantization::binary, .resume = true, .window_texts = 10}),
      "quantization was null, is \"binary\"");
  EXPECT_EQ(run(directory_.file("longer.txt", lines + lines), "out.raw", options).resumed_rows, 20);
}

TEST_F(EmbedFile, StopsWithinAWindow) {
  const fs::path input = directory_.file("in.txt", numbered_lines(40));
  const std::atomic<bool> interrupted = true;
  at::set_num_threads(2);
  for (const int64_t workers : {1, 2}) {
    EmbedFileOptions options{.window_texts = 10, .workers = workers, .interrupted = &interrupted};
    const auto first = run(input, "out.raw", options);
    EXPECT_EQ(first.end, EmbedFileResult::End::interrupted);
    EXPECT_EQ(first.rows, 0);
    EXPECT_FALSE(fs::exists(path("out.raw.part.json")));
    run_and_interrupt(input, "out.raw", {.window_texts = 10}, 2);
    options.resume = true;
    EXPECT_EQ(run(input, "out.raw", options).rows, 20) << "what was saved stays";
    EXPECT_TRUE(fs::exists(path("out.raw.part.json")));
  }
  EXPECT_EQ(run(input, "out.raw", {.resume = true, .window_texts = 10}).resumed_rows, 20);
}

TEST_F(EmbedFile, TakesNoEndForThatOfTheInputOnceItIsInterrupted) {
  const std::atomic<bool> interrupted = true;
  const fs::path cut = directory_.file("cut.jsonl", "{\"text\": \"of whom fills the pi");
  directory_.file("out.raw", "vectors of before");
  const EmbedFileOptions options{.interrupted = &interrupted};
  EXPECT_EQ(run(directory_.file("in.txt", ""), "out.raw", options).end, EmbedFileResult::End::interrupted);
  EXPECT_EQ(run(cut, "out.raw", options, {}, {.field = "text"}).end, EmbedFileResult::End::interrupted);
  EXPECT_EQ(read_file(path("out.raw")), "vectors of before");

  const std::string lines = numbered_lines(40);
  run_and_interrupt(directory_.file("in.txt", lines), "out.jsonl", {.window_texts = 10}, 2);
  const EmbedFileOptions resume{.resume = true, .window_texts = 10, .interrupted = &interrupted};
  const auto stopped = run(directory_.file("in.txt", numbered_lines(5)), "out.jsonl", resume);
  EXPECT_EQ(stopped.end, EmbedFileResult::End::interrupted);
  EXPECT_EQ(stopped.rows, 20) << "what was saved stays";
  EXPECT_EQ(run(cut, "out.jsonl", resume, {}, {.field = "text"}).end, EmbedFileResult::End::interrupted);
  EXPECT_EQ(
      run(directory_.file("in.txt", lines), "out.jsonl", {.resume = true, .window_texts = 10}).resumed_rows,
      20);
}

TEST_F(EmbedFile, StartsAgainUnlessToldToResume) {
  const EmbedFileOptions options{.window_texts = 10};
  run_and_interrupt(directory_.file("in.txt", numbered_lines(40)), "out.jsonl", options, 2);
  EXPECT_EQ(run(directory_.file("in.txt", "one text\n"), "out.jsonl", options).rows, 1);
  EXPECT_FALSE(fs::exists(path("out.jsonl.part.json")));
}

TEST_F(EmbedFile, RefusesVectorsThatAreNotFinite) {
  for (const NamedTensor& entry : model_.encoder.encoder.checkpoint_tensors())
    if (entry.name.find("word_embeddings") != std::string::npos) entry.tensor.fill_(NAN);
  EXPECT_ERROR(run(directory_.file("in.txt", "a\nb\n"), "out.raw"), "2 of the 2", "row 0", "NaN or infinite");
  EXPECT_FALSE(fs::exists(path("out.raw")));
}

TEST(TextWindow, EndsByTextsOrBytes) {
  const testing::TempDir directory;
  TextReader texts(directory.file("in.txt", "a\nbb\nccc\ndddd\neeeee\n"));
  EXPECT_THAT(read_window(texts, 2, 100), ElementsAre("a", "bb"));
  EXPECT_THAT(read_window(texts, 9, 5), ElementsAre("ccc", "dddd"));
  EXPECT_THAT(read_window(texts, 9, 1), ElementsAre("eeeee"));
  EXPECT_THAT(read_window(texts, 9, 1), ElementsAre());
}

TEST(DistinctTexts, KeepsTheFirstOfEqualTexts) {
  const DistinctTexts distinct({"a", "b", "a", "", "b", "c"});
  EXPECT_THAT(distinct.texts, ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(distinct.row_of_text, ElementsAre(0, 1, 0, 2, 1, 3));
}

}  // namespace
}  // namespace angle
