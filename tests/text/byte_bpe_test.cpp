// Invariants:
// - RoBERTa and ModernBERT ids equal the fast tokenizer's in every golden row; RoBERTa's also from
//   vocab.json and merges.txt alone.
// - Of all pairs the one with the lowest rank is merged first, of equal ones the leftmost.
// - Text is cut where GPT-2's pattern does, and nothing merges across a cut.
// - What is damaged is an Error with file and place.
#include "angle/text/byte_bpe.h"

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"
#include "text/golden_tokenizers.h"
#include "text/utf8_decode.h"

namespace angle {
namespace {

using testing::TempDir;
using Tokens = std::vector<std::string>;

constexpr const char* kSpace = "\xC4\xA0";  // U+0120, which stands for a space

TEST(ByteBpe, GivesTheGoldenIdsOfRoberta) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const auto loaded = load_tokenizer(directory);
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(loaded.tokenizer->vocab_size(), 1200);
  EXPECT_EQ(loaded.tokenizer->unknown_id(), 3);
  testing::expect_golden_ids(*loaded.tokenizer, testing::golden_rows("tiny_roberta.jsonl"));
}

TEST(ByteBpe, GivesTheGoldenIdsOfRobertaFromVocabularyAndMerges) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const TempDir model;
  for (const char* name : {"vocab.json", "merges.txt", "tokenizer_config.json"})
    model.file(name, read_file(directory / name));
  testing::expect_golden_ids(*load_tokenizer(model.path()).tokenizer,
                             testing::golden_rows("tiny_roberta.jsonl"));
}

TEST(ByteBpe, GivesTheGoldenIdsOfModernBert) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-modernbert");
  const auto loaded = load_tokenizer(directory);
  EXPECT_EQ(loaded.tokenizer->vocab_size(), 1108);
  testing::expect_golden_ids(*loaded.tokenizer, testing::golden_rows("tiny_modernbert.jsonl"));
}

TEST(ByteBpe, TakesIllFormedBytesForReplacementCharacters) {
  for (const char* name : {"models/tiny-roberta", "models/tiny-modernbert"}) {
    ANGLE_REQUIRE_GOLDEN(directory, name);
    const auto tokenizer = load_tokenizer(directory).tokenizer;
    EXPECT_EQ(tokenizer->encode("a\xFF\xE4\xB8 b", 99).token_ids,
              tokenizer->encode("a\xEF\xBF\xBD\xEF\xBF\xBD b", 99).token_ids);
  }
}

TEST(ByteBpe, RefusesToCutTextsOnTheLeft) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  json tokenizer = read_json(directory / "tokenizer.json");
  json config = read_json(directory / "tokenizer_config.json");
  const TempDir model;
  model.file("tokenizer.json", tokenizer.dump());
  config["truncation_side"] = "left";
  model.file("tokenizer_config.json", config.dump());
  EXPECT_ERROR(load_tokenizer(model.path()), "tokenizer_config.json: truncation_side",
               "only \"right\" is supported");
  config["truncation_side"] = "right";
  model.file("tokenizer_config.json", config.dump());
  EXPECT_NO_THROW(load_tokenizer(model.path()));
  tokenizer["truncation"] = {{"direction", "Left"}, {"max_length", 64}};
  model.file("tokenizer.json", tokenizer.dump());
  EXPECT_ERROR(load_tokenizer(model.path()), "tokenizer.json: truncation.direction",
               "only \"Right\" is supported");
}

TEST(ByteBpe, TakesThePrefixSpaceOfARobertaTokenizerFromItsConfig) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  json tokenizer = read_json(directory / "tokenizer.json");
  json config = read_json(directory / "tokenizer_config.json");
  const auto load = [&] {
    const TempDir model;
    model.file("tokenizer.json", tokenizer.dump());
    model.file("tokenizer_config.json", config.dump());
    return load_tokenizer(model.path());
  };
  const auto bare = load_tokenizer(directory).tokenizer->encode("in", 99).token_ids;
  const auto spaced = load_tokenizer(directory).tokenizer->encode(" in", 99).token_ids;
  ASSERT_NE(bare, spaced);

  config["add_prefix_space"] = true;
  const auto with_space = load();
  EXPECT_EQ(with_space.tokenizer->encode("in", 99).token_ids, spaced);
  EXPECT_THAT(with_space.warnings, ::testing::ElementsAre(::testing::HasSubstr("add_prefix_space true")));

  tokenizer["pre_tokenizer"]["add_prefix_space"] = true;
  EXPECT_TRUE(load().warnings.empty());
  config.erase("add_prefix_space");
  const auto without = load();
  EXPECT_EQ(without.tokenizer->encode("in", 99).token_ids, bare);
  EXPECT_THAT(without.warnings, ::testing::ElementsAre(::testing::HasSubstr("add_prefix_space false")));
  config["tokenizer_class"] = "TokenizersBackend";
  EXPECT_EQ(load().tokenizer->encode("in", 99).token_ids, spaced);
}

TEST(ByteBpe, TakesTheWhiteSpaceBeforeTheMask) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const auto tokenizer = load_tokenizer(directory).tokenizer;
  EXPECT_EQ(tokenizer->encode("in  \n<mask> in", 99).token_ids,
            tokenizer->encode("in<mask> in", 99).token_ids);
  EXPECT_NE(tokenizer->encode("in<mask>in", 99).token_ids, tokenizer->encode("in<mask> in", 99).token_ids);
}

/// All 256 bytes, then what the merges make.
ByteBpeOptions byte_bpe_options() {
  ByteBpeOptions options;
  for (char32_t byte = 0, next = 0x100; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    append_utf8(options.vocabulary.emplace_back(), printable ? byte : next++);
  }
  options.merges = {{"b", "c"},  {"a", "b"},   {"a", "a"},      {kSpace, "a"},
                    {"bc", "d"}, {"aa", "aa"}, {kSpace, kSpace}};
  for (const auto& [left, right] : options.merges) options.vocabulary.push_back(left + right);
  return options;
}

Tokens pieces(std::string_view text, const ByteBpeOptions& with = byte_bpe_options()) {
  const auto tokenizer = make_byte_bpe(with);
  Tokens result;
  for (const int64_t id : tokenizer->encode(text, 1'000'000'000).token_ids)
    result.emplace_back(tokenizer->token(id));
  return result;
}

TEST(ByteBpe, MergesTheLowestRankFirst) {
  EXPECT_EQ(pieces("abcd"), (Tokens{"a", "bcd"}));  // b c goes before a b
  EXPECT_EQ(pieces("ab"), Tokens{"ab"});
  EXPECT_EQ(pieces("aaaaa"), (Tokens{"aaaa", "a"}));
  EXPECT_EQ(pieces(""), Tokens{});
}

TEST(ByteBpe, SpellsWhatItDoesNotKnowInBytes) {
  EXPECT_EQ(pieces("\xE2\x82\xAC"), (Tokens{"\xC3\xA2", "\xC4\xA4", "\xC2\xAC"}));  // E2, 82, AC
}

TEST(ByteBpe, CutsWhereGpt2Does) {
  const auto joined = [](std::string_view text) {
    // A vocabulary without merges shows nothing of the cuts; one that merges all neighbours shows them all.
    ByteBpeOptions all = byte_bpe_options();
    all.merges.clear();
    all.vocabulary.resize(256);
    const std::vector<std::string> letters = {"a", "'",    "s",       "1",
                                              "!", kSpace, "\xC4\x8A"};  // the last is a line feed
    std::vector<std::string> level = letters;
    for (int round = 0; round < 2; ++round) {
      std::vector<std::string> longer;
      for (const auto& left : level)
        for (const auto& right : letters) {
          all.merges.emplace_back(left, right);
          longer.push_back(left + right);
        }
      all.vocabulary.insert(all.vocabulary.end(), longer.begin(), longer.end());
      level = longer;
    }
    return pieces(text, all);
  };
  const std::string sp = kSpace;
  EXPECT_EQ(joined("a a"), (Tokens{"a", sp + "a"}));
  EXPECT_EQ(joined("a's"), (Tokens{"a", "'s"}));
  EXPECT_EQ(joined("a'a"), (Tokens{"a", "'", "a"}));
  EXPECT_EQ(joined("a1!"), (Tokens{"a", "1", "!"}));
  EXPECT_EQ(joined(" 1 !"), (Tokens{sp + "1", sp + "!"}));
  EXPECT_EQ(joined("a   a"), (Tokens{"a", sp + sp, sp + "a"}));
  EXPECT_EQ(joined("a  "), (Tokens{"a", sp + sp}));
  EXPECT_EQ(joined("a\na"), (Tokens{"a", "\xC4\x8A", "a"}));
  EXPECT_EQ(joined("a \na"), (Tokens{"a", sp, "\xC4\x8A", "a"}));
}

TEST(ByteBpe, AddsAPrefixSpaceWhereAsked) {
  ByteBpeOptions with_space = byte_bpe_options();
  with_space.add_prefix_space = true;
  EXPECT_EQ(pieces("a", with_space), Tokens{std::string(kSpace) + "a"});
  EXPECT_EQ(pieces(" a", with_space), Tokens{std::string(kSpace) + "a"});
}

TEST(ByteBpe, TakesKnownWordsWholeWhereAsked) {
  ByteBpeOptions whole = byte_bpe_options();
  whole.vocabulary.emplace_back("xyz");
  EXPECT_EQ(pieces("xyz", whole), (Tokens{"x", "y", "z"}));
  whole.ignore_merges = true;
  EXPECT_EQ(pieces("xyz", whole), Tokens{"xyz"});
}

TEST(ByteBpe, ComposesCharactersWhereAsked) {
  ByteBpeOptions nfc = byte_bpe_options();
  nfc.nfc = true;
  EXPECT_EQ(pieces("e\xCC\x81", nfc), pieces("\xC3\xA9"));
  EXPECT_NE(pieces("e\xCC\x81"), pieces("\xC3\xA9"));
  std::string marks = "a";
  for (int i = 0; i < 100'000; ++i) marks += "\xCC\x81\xCC\xA3";  // classes 230 and 220, to be sorted
  EXPECT_GT(pieces(marks, nfc).size(), 300'000u);
}

TEST(ByteBpe, IsFastInLongWords) {
  EXPECT_EQ(make_byte_bpe(byte_bpe_options())->encode(std::string(400'000, 'a'), 512).num_cut, 100'000 - 512);
}

TEST(ByteBpe, RefusesWhatDoesNotFitTogether) {
  ByteBpeOptions without_byte = byte_bpe_options();
  without_byte.vocabulary[0] = "other";
  EXPECT_ERROR(make_byte_bpe(without_byte), "for the byte 0", "not that of a byte-level model");
  ByteBpeOptions strange_merge = byte_bpe_options();
  strange_merge.merges.emplace_back("a", "nothing");
  EXPECT_ERROR(make_byte_bpe(strange_merge), "merge 8", "\"nothing\"", "not in the vocabulary");
}

TEST(ByteBpe, RefusesDamagedFilesWithTheirPlace) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const json whole = read_json(directory / "tokenizer.json");
  const TempDir model;
  const auto expect_refused = [&](const char* pointer, const json& value, const char* place,
                                  const char* what) {
    json tokenizer = whole;
    tokenizer[json::json_pointer(pointer)] = value;
    model.file("tokenizer.json", tokenizer.dump());
    EXPECT_ERROR(load_tokenizer(model.path()), "tokenizer.json: ", place, what);
  };
  expect_refused("/model/merges/3", "a", "model.merges", "element 3");
  expect_refused("/model/merges/3", {"a", 5}, "model.merges", "element 3");
  expect_refused("/model/dropout", 0.1, "model.dropout", "not supported");
  expect_refused("/model/end_of_word_suffix", "</w>", "model.end_of_word_suffix", "not supported");
  expect_refused("/normalizer", {{"type", "NFKC"}}, "normalizer", "\"NFKC\"");
  expect_refused("/pre_tokenizer", {{"type", "Split"}}, "pre_tokenizer", "ByteLevel");
}

TEST(ByteBpe, KnowsARobertaByItsConfig) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const TempDir model;
  for (const char* name : {"vocab.json", "merges.txt"}) model.file(name, read_file(directory / name));
  model.file("config.json", R"({"model_type": "roberta"})");
  const std::string text = "The BOATS waited";
  EXPECT_EQ(load_tokenizer(model.path()).tokenizer->encode(text, 64).token_ids,
            load_tokenizer(directory).tokenizer->encode(text, 64).token_ids);
}

TEST(ByteBpe, RefusesDamagedMergesTxt) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-roberta");
  const TempDir model;
  model.file("vocab.json", read_file(directory / "vocab.json"));
  model.file("merges.txt", "#version: 0.2\nin g\nnospace\n");
  EXPECT_ERROR(load_tokenizer(model.path()), "a model without tokenizer_class is not supported");
  model.file("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer"})");
  EXPECT_ERROR(load_tokenizer(model.path()), "tokenizer_class GPT2Tokenizer is not supported");
  model.file("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
  EXPECT_ERROR(load_tokenizer(model.path()), "merges.txt:3", "nospace");
  std::filesystem::remove(model.path() / "merges.txt");
  EXPECT_ERROR(load_tokenizer(model.path()), "merges.txt");
}

}  // namespace
}  // namespace angle
