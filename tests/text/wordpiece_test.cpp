// Invariants:
// - A word is cut greedily into its longest pieces; one without a cut is one unknown token.
// - A word of more than max_input_chars_per_word code points, counted after normalisation, is one unknown
//   token.
// - Special tokens written in the text are found in the raw text, before anything else.
// - max_length counts special tokens; ids beyond it are counted in num_cut; too small a limit is an Error.
// - Results depend on the text alone: not on earlier texts (the cache), other tokenizers or other threads.
// - Time is linear: a word of 10^6 characters, a line of 10^7.
#include "angle/text/wordpiece.h"

#include <thread>

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

using Tokens = std::vector<std::string>;

constexpr int64_t kNoLimit = 1'000'000'000;

WordPieceOptions wordpiece_options() {
  WordPieceOptions options;
  options.vocabulary = {"[PAD]",        "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able",   "##a",
                        "##b",          "aff",   "a",     "able",  "able,",  ",",  "!",     "\xC3\xA9", "e",
                        "\xE4\xB8\x80", "##ff",  "##e",   "2",     "##2",    "ab", "##bc"};
  options.special_tokens.before = {2};
  options.special_tokens.after = {3};
  for (const int64_t id : {0, 1, 2, 3, 4})
    options.special_tokens.added.push_back(
        {.content = options.vocabulary[static_cast<size_t>(id)], .id = id});
  return options;
}

Tokens tokens(const Tokenizer& tokenizer, std::string_view text, int64_t max_length = kNoLimit) {
  Tokens result;
  for (const int64_t id : tokenizer.encode(text, max_length).token_ids)
    result.emplace_back(tokenizer.token(id));
  return result;
}

Tokens tokens(std::string_view text, const WordPieceOptions& with = wordpiece_options()) {
  return tokens(*make_wordpiece(with), text);
}

std::string repeated(std::string_view text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(WordPiece, TakesTheLongestPieces) {
  EXPECT_EQ(tokens("unaffable"), (Tokens{"[CLS]", "un", "##aff", "##able", "[SEP]"}));
  EXPECT_EQ(tokens("UNAFFABLE able"), (Tokens{"[CLS]", "un", "##aff", "##able", "able", "[SEP]"}));
  EXPECT_EQ(tokens("able,able"), (Tokens{"[CLS]", "able", ",", "able", "[SEP]"}));
}

TEST(WordPiece, IsGreedyEvenWhereThatFails) {
  EXPECT_EQ(tokens("abc un"),
            (Tokens{"[CLS]", "[UNK]", "un", "[SEP]"}));  // a ##bc would do, but ab is longer than a
}

TEST(WordPiece, KeepsAccentsAndCaseForCasedModels) {
  WordPieceOptions cased = wordpiece_options();
  cased.normalization = {.strip_accents = false, .lowercase = false};
  EXPECT_EQ(tokens("\xC3\xA9 e A a", cased), (Tokens{"[CLS]", "\xC3\xA9", "e", "[UNK]", "a", "[SEP]"}));
  EXPECT_EQ(tokens("\xC3\xA9 E"), (Tokens{"[CLS]", "e", "e", "[SEP]"}));
}

TEST(WordPiece, MakesLongWordsUnknown) {
  EXPECT_EQ(tokens(repeated("a", 100)).size(), 2u + 100u);
  EXPECT_EQ(tokens(repeated("a", 101)), (Tokens{"[CLS]", "[UNK]", "[SEP]"}));
  EXPECT_EQ(tokens(repeated("e\xCC\x81", 100)).size(),
            2u + 100u);  // 100 characters once the accents are stripped
  EXPECT_EQ(tokens(repeated("e\xCC\x81", 101)), (Tokens{"[CLS]", "[UNK]", "[SEP]"}));
  WordPieceOptions short_words = wordpiece_options();
  short_words.max_input_chars_per_word = 2;
  EXPECT_EQ(tokens("una un", short_words), (Tokens{"[CLS]", "[UNK]", "un", "[SEP]"}));
}

TEST(WordPiece, FindsSpecialTokensInRawText) {
  EXPECT_EQ(tokens("un[MASK]able [SEP] [PAD][UNK]"),
            (Tokens{"[CLS]", "un", "[MASK]", "able", "[SEP]", "[PAD]", "[UNK]", "[SEP]"}));
  EXPECT_EQ(tokens("[mask]"), (Tokens{"[CLS]", "[UNK]", "[UNK]", "[UNK]", "[SEP]"}));
  EXPECT_EQ(tokens("[MASK"), (Tokens{"[CLS]", "[UNK]", "[UNK]", "[SEP]"}));
}

TEST(WordPiece, FindsNormalizedTokensInNormalisedText) {
  WordPieceOptions with_name = wordpiece_options();
  with_name.special_tokens.added.push_back({.content = "\xC3\x89lan", .id = 25, .normalized = true});
  with_name.special_tokens.added.push_back(
      {.content = "two", .id = 26, .single_word = true, .normalized = true});
  const auto tokenizer = make_wordpiece(with_name);
  EXPECT_EQ(tokenizer->vocab_size(), 27);
  EXPECT_EQ(tokenizer->encode("un ELAN, elana two twos", kNoLimit).token_ids,
            (std::vector<int64_t>{2, 5, 25, 14, 25, 11, 26, 1, 3}));
}

TEST(WordPiece, GivesSpecialTokensAloneForEmptyTexts) {
  for (const char* text : {"", " ", "\t\n", "\xE2\x80\x8B", "\xEF\xBF\xBD"})
    EXPECT_EQ(tokens(text), (Tokens{"[CLS]", "[SEP]"}));
}

TEST(WordPiece, CountsWhatItCuts) {
  const auto tokenizer = make_wordpiece(wordpiece_options());
  const std::string text = "un a able ! unaffable";  // 7 tokens
  for (const int64_t max_length : {2, 3, 8, 9, 512}) {
    const Encoding encoding = tokenizer->encode(text, max_length);
    EXPECT_EQ(static_cast<int64_t>(encoding.token_ids.size()), std::min<int64_t>(max_length, 9))
        << max_length;
    EXPECT_EQ(encoding.num_cut, std::max<int64_t>(0, 9 - max_length)) << max_length;
    EXPECT_EQ(encoding.token_ids.front(), 2);
    EXPECT_EQ(encoding.token_ids.back(), 3);
  }
  EXPECT_EQ(tokens(*tokenizer, text, 4), (Tokens{"[CLS]", "un", "a", "[SEP]"}));
}

TEST(WordPiece, RefusesALimitBelowTheSpecialTokens) {
  const auto tokenizer = make_wordpiece(wordpiece_options());
  EXPECT_EQ(tokenizer->num_special_tokens(), 2);
  for (const int64_t max_length : {1, 0, -1})
    EXPECT_ERROR(tokenizer->encode("a", max_length), "max_length", "special tokens");
}

TEST(WordPiece, RefusesAVocabularyWithoutTheUnknownToken) {
  WordPieceOptions without = wordpiece_options();
  without.unknown_token = "<unk>";
  EXPECT_ERROR(make_wordpiece(without), "no unknown token", "<unk>");
}

TEST(WordPiece, NamesItsTokens) {
  const auto tokenizer = make_wordpiece(wordpiece_options());
  EXPECT_EQ(tokenizer->token(6), "##aff");
  EXPECT_EQ(tokenizer->vocab_size(), 25);
  EXPECT_EQ(tokenizer->unknown_id(), 1);
  EXPECT_ERROR(tokenizer->token(25), "token id 25", "25 tokens");
  EXPECT_ERROR(tokenizer->token(-1), "token id -1");
}

TEST(WordPiece, DoesNotMixUpTokenizersThatShareAThread) {
  WordPieceOptions other = wordpiece_options();
  std::swap(other.vocabulary[5], other.vocabulary[12]);  // un <-> able
  const auto one = make_wordpiece(wordpiece_options());
  const auto two = make_wordpiece(other);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(one->encode("un able", kNoLimit).token_ids, (std::vector<int64_t>{2, 5, 12, 3}));
    EXPECT_EQ(two->encode("un able", kNoLimit).token_ids, (std::vector<int64_t>{2, 12, 5, 3}));
  }
}

TEST(WordPiece, GivesTheSameIdsInEveryThread) {
  const auto tokenizer = make_wordpiece(wordpiece_options());
  std::vector<std::string> texts;
  for (size_t i = 0; i < 500; ++i)
    texts.push_back(repeated("un", i % 7) + "aff able\xE4\xB8\x80 \xC3\xA9" + repeated("a", i) + "!");
  std::vector<std::vector<std::vector<int64_t>>> results(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (auto& result : results)
      threads.emplace_back([&tokenizer, &texts, &result] {
        for (const auto& text : texts) result.push_back(tokenizer->encode(text, 64).token_ids);
      });
  }
  for (size_t i = 0; i < texts.size(); ++i)
    for (const auto& result : results) EXPECT_EQ(result[i], tokenizer->encode(texts[i], 64).token_ids);
}

TEST(WordPiece, IsLinearInLongWordsAndLines) {
  const auto tokenizer = make_wordpiece(wordpiece_options());
  EXPECT_EQ(tokenizer->encode(repeated("a", 1'000'000), 512).token_ids, (std::vector<int64_t>{2, 1, 3}));
  EXPECT_EQ(tokenizer->encode(repeated("\xC3\xA9\xE3\x80\xAE", 300'000), 512).token_ids,
            (std::vector<int64_t>{2, 1, 3}));
  EXPECT_EQ(tokenizer->encode(repeated("un able, ", 1'000'000), 512).num_cut, 3'000'000 - 510);
  EXPECT_EQ(tokenizer->encode(repeated("\xE4\xB8\x80", 1'000'000), 512).num_cut, 1'000'000 - 510);
  EXPECT_EQ(tokenizer->encode(repeated("[", 1'000'000), 512).num_cut, 1'000'000 - 510);
}

TEST(WordPiece, SurvivesIllFormedText) {
  EXPECT_EQ(tokens("un\xFF"
                   "able \xE4\xB8"),
            (Tokens{"[CLS]", "un", "##able", "[SEP]"}));  // as U+FFFD, which is dropped
  EXPECT_EQ(tokens(std::string_view("a\0b", 3)), (Tokens{"[CLS]", "ab", "[SEP]"}));
}

}  // namespace
}  // namespace angle
