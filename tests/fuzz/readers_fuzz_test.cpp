// Invariant: damaged files and answers are read or refused with an angle::Error; no other exception, no
// crash, no allocation that the bytes don't warrant, no endless loop. Damage is made from small good samples,
// the same in every run.

#include <filesystem>

#include <gtest/gtest.h>

#include "angle/annotate/chat_reply.h"
#include "angle/data/reader.h"
#include "angle/data/text_reader.h"
#include "angle/io/file.h"
#include "angle/io/safetensors.h"
#include "angle/model/encoder_config.h"
#include "angle/text/tokenizer.h"

#include "annotate/reply_parser.h"
#include "fuzz/read_mutants.h"
#include "support/gzip.h"
#include "support/model_copy.h"
#include "support/safetensors_elements.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::read_mutants;
using testing::TempDir;
using testing::write_anew;

TEST(Fuzz, SafetensorsFiles) {
  const TempDir directory;
  const std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  const auto bytes = std::as_bytes(std::span(numbers));
  write_safetensors(directory.path() / "good",
                    {{"weight", {DType::F32, {2, 3}, bytes}}, {"bias", {DType::U8, {24}, bytes}}});
  const auto read = [&](const std::string& content) {
    size_t sum = 0;
    const SafetensorsFile file(write_anew(directory.path() / "mutant", content));
    for (const auto& [name, tensor] : file.tensors())
      for (const std::byte byte : testing::read_elements<std::byte>(file, name))
        sum += static_cast<size_t>(byte);
    if (sum > 1'000'000) throw std::logic_error("bytes that are not in the file");
  };
  EXPECT_GT(read_mutants(read_file(directory.path() / "good"), 2000, read).refused, 1000);
}

TEST(Fuzz, EncoderConfigurations) {
  const auto read = [](const std::string& text) {
    parse_encoder_config(parse_json(text, "config.json"), "config.json");
  };
  const auto outcome = read_mutants(read_file(fs::path(testing::tiny_bert()) / "config.json"), 3000, read);
  EXPECT_GT(outcome.refused, 1000);
  EXPECT_GT(outcome.accepted, 100);
}

/// Loads the tokenizer of a model with a mutant in place of one of its files, and uses it.
void fuzz_tokenizer(const std::string& model_name, const std::string& file, uint64_t mutants) {
  SCOPED_TRACE(model_name + "/" + file);
  const testing::ModelCopy model(model_name);
  if (!file.starts_with("tokenizer")) model.remove("tokenizer.json");  // which would be read instead
  const auto read = [&](const std::string& content) {
    write_anew(model.path() / file, content);
    const auto tokenizer = load_tokenizer(model.path()).tokenizer;
    for (const int64_t id :
         tokenizer->encode("Größe, naïve café 東京 🙂 don't <s> [MASK] \xff", 64).token_ids)
      tokenizer->token(id);
  };
  EXPECT_GT(read_mutants(read_file(model.path() / file), mutants, read).refused, 0);
}

TEST(Fuzz, WordPieceTokenizers) {
  fuzz_tokenizer("tiny-bert", "tokenizer.json", 300);
  fuzz_tokenizer("tiny-bert", "tokenizer_config.json", 300);
  fuzz_tokenizer("tiny-bert", "vocab.txt", 500);
}

TEST(Fuzz, ByteLevelTokenizers) {
  fuzz_tokenizer("tiny-modernbert", "tokenizer.json", 150);
  fuzz_tokenizer("tiny-roberta", "tokenizer.json", 150);
  fuzz_tokenizer("tiny-roberta", "vocab.json", 300);
  fuzz_tokenizer("tiny-roberta", "merges.txt", 300);
}

TEST(Fuzz, SentencePieceTokenizers) {
  fuzz_tokenizer("tiny-xlmr", "tokenizer.json", 50);
  fuzz_tokenizer("tiny-xlmr", "sentencepiece.bpe.model", 200);
}

struct DataFile {
  const char* name;
  DataFormat format;
  const char* content;
};

constexpr DataFile kDataFiles[] = {
    {"pairs.tsv", DataFormat::scored_pairs,
     "sentence1\tsentence2\tscore\nA cat.\tOne cat.\t4.5\nÉté\t\"夏\"\t0\nx y\tz\t1e-3\n"},
    {"pairs.csv", DataFormat::pairs,
     "query,positive,more\r\n\"a, \"\"b\"\"\nc\",d,\r\ne,\"É\",1\r\nf,g,2\r\n"},
    {"triplets.jsonl", DataFormat::triplets,
     "{\"anchor\": \"a\", \"positive\": \"b \\u00e9\", \"negative\": [\"c\", \"d\"]}\n{\"query\": \"e\", "
     "\"positive\": \"f\", \"negative\": \"g\"}\n"}};

TEST(Fuzz, DataFiles) {
  const TempDir directory;
  for (const DataFile& sample : kDataFiles) {
    SCOPED_TRACE(sample.name);
    const auto read = [&](const std::string& content) {
      read_examples(write_anew(directory.path() / sample.name, content), sample.format);
    };
    EXPECT_GT(read_mutants(sample.content, 1000, read).refused, 100);
  }
}

TEST(Fuzz, GzipFiles) {
  const TempDir directory;
  const auto read = [&](const std::string& content) {
    read_examples(write_anew(directory.path() / "pairs.tsv.gz", content), DataFormat::scored_pairs);
  };
  EXPECT_GT(read_mutants(testing::gzip(kDataFiles[0].content), 1000, read).refused, 500);
}

struct TextFile {
  const char* name;
  const char* field;
  const char* content;
};

TEST(Fuzz, TextFiles) {
  const char* const table = kDataFiles[1].content;
  const char* const lines = "{\"positive\": \"a \\u00e9\"}\n{\"positive\": \"\"}\n";
  const TempDir directory;
  for (const TextFile& sample : {TextFile{"texts.txt", "", table},
                                 {"pairs.csv", "query", table},
                                 {"triplets.jsonl", "positive", lines}}) {
    SCOPED_TRACE(sample.name);
    const auto read = [&](const std::string& content) {
      TextReader texts(write_anew(directory.path() / sample.name, content), {.field = sample.field});
      for (std::string text; texts.next(text);) {
      }
    };
    EXPECT_GT(read_mutants(sample.content, 1000, read).accepted, 100);
  }
}

/// What language models say is never refused, only understood or not.
TEST(Fuzz, RepliesOfLanguageModels) {
  constexpr int64_t kMutants = 3000;
  const auto sentences = [](const std::string& reply) {
    for (const std::string& sentence : parse_sentences(reply).sentences)
      if (sentence.find('\n') != std::string::npos) throw std::logic_error("a sentence of two lines");
  };
  const std::string list = "<think>hm</think>Sure!\n1. **A cat.**\n2) \"Été\"\n(3) 夏\n- 4: four\n• five\n";
  EXPECT_EQ(read_mutants(list, kMutants, sentences).accepted, kMutants);
  const auto scores = [](const std::string& reply) {
    for (const auto& score : parse_scores(reply, 3))
      if (score && !(*score >= 0 && *score <= 5)) throw std::logic_error("a score outside of 0 to 5");
  };
  EXPECT_EQ(read_mutants("1. 4\n2: 4.5\n3) 3/5\n", kMutants, scores).accepted, kMutants);
}

TEST(Fuzz, AnswersOfServers) {
  constexpr int64_t kMutants = 3000;
  ChatRequest request;
  request.body = {{"model", "m"}};
  const auto read = [&](const std::string& body) {
    read_chat_completion(body, request);
    read_token_usage(body);
  };
  const std::string body =
      R"({"model": "m", "choices": [{"message": {"content": [{"type": "text", "text": "1. é"}], "refusal": null},
    "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})";
  EXPECT_EQ(read_mutants(body, kMutants, read).accepted, kMutants);
}

}  // namespace
}  // namespace angle
