// Invariants:
// - Every code point is dropped, made a space, set apart, decomposed, stripped, lower-cased and split off
//   exactly as the record of Hugging Face's fast tokenizer says (golden tokenizer/bert_chars.json).
// - Normalising twice changes nothing.
// - Marks are put in canonical order, across characters that are dropped between them.
// - A word keeps no more characters than asked for.
#include "text/bert_normalizer.h"

#include <unordered_map>

#include <gtest/gtest.h>

#include "angle/error.h"
#include "angle/io/json.h"

#include "support/golden.h"

namespace angle {
namespace {

using Role = BertNormalizer::Role;

constexpr BertNormalization kUncased{};
constexpr BertNormalization kCased{.strip_accents = false, .lowercase = false};

char32_t code_point(const json& hex) {
  return static_cast<char32_t>(std::stoul(hex.get<std::string>(), nullptr, 16));
}

std::vector<bool> read_set(const json& ranges) {
  std::vector<bool> members(0x110000);
  for (const json& range : ranges)
    for (char32_t c = code_point(range[0]); c <= code_point(range[1]); ++c) members[c] = true;
  return members;
}

std::unordered_map<char32_t, std::u32string> read_map(const json& mappings) {
  std::unordered_map<char32_t, std::u32string> map;
  for (const auto& [from, to] : mappings.items()) {
    const auto text = to.get<std::string>();
    std::u32string& characters = map[code_point(from)];
    for (size_t at = 0; at < text.size();) characters.push_back(decode_utf8(text, at));
  }
  return map;
}

/// bert_chars.json, to be asked about code points.
struct Record {
  explicit Record(const json& record)
      : removed(read_set(record["clean_text_removed"])),
        space(read_set(record["clean_text_to_space"])),
        ideograph(read_set(record["cjk_surrounded_by_spaces"])),
        mark(read_set(record["strip_accents_removed"])),
        punctuation(read_set(record["pre_tokenizer_punctuation"])),
        white_space(read_set(record["pre_tokenizer_white_space"])),
        decomposed(read_map(record["strip_accents_decomposed"])),
        lowercased(read_map(record["lowercased"])) {}

  std::u32string without_accents(char32_t c) const {
    if (mark[c]) return {};
    if (c >= 0xAC00 && c <= 0xD7A3) {  // Hangul syllables by arithmetic (Unicode 15, section 3.12)
      const char32_t index = c - 0xAC00;
      std::u32string jamo{0x1100 + index / 588, 0x1161 + index % 588 / 28};
      if (index % 28 != 0) jamo.push_back(0x11A7 + index % 28);
      return jamo;
    }
    const auto found = decomposed.find(c);
    return found == decomposed.end() ? std::u32string{c} : found->second;
  }

  std::u32string small(const std::u32string& characters) const {
    std::u32string result;
    for (const char32_t c : characters) {
      const auto found = lowercased.find(c);
      result += found == lowercased.end() ? std::u32string{c} : found->second;
    }
    return result;
  }

  std::vector<bool> removed, space, ideograph, mark, punctuation, white_space;
  std::unordered_map<char32_t, std::u32string> decomposed, lowercased;
};

class BertCharacters : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(golden_.empty()); }

  template <typename Check>
  static void for_each_code_point(Check&& check) {
    for (char32_t c = 1; c <= 0x10FFFF; ++c)
      if (c < 0xD800 || c > 0xDFFF) check(c);
  }

  const std::filesystem::path golden_ = testing::golden_path("tokenizer/bert_chars.json");
  const Record record_{read_json(golden_)};
};

std::u32string characters(const BertNormalization& options, char32_t c) {
  const auto result = BertNormalizer(options).characters(c);
  return {result.begin(), result.end()};
}

std::string hex(char32_t c) { return fmt::format("U+{:04X}", static_cast<uint32_t>(c)); }

TEST_F(BertCharacters, HaveTheRecordedRole) {
  const BertNormalizer normalizer(kUncased);
  for_each_code_point([&](char32_t c) {
    const Role expected = record_.removed[c]     ? Role::dropped
                          : record_.space[c]     ? Role::space
                          : record_.ideograph[c] ? Role::ideograph
                                                 : Role::letter;
    EXPECT_EQ(normalizer.role(c), expected) << hex(c);
  });
}

TEST_F(BertCharacters, AreSpacesToThePreTokenizerWhereCleaningIsOff) {
  const BertNormalizer normalizer({.clean_text = false, .handle_chinese_chars = false});
  for_each_code_point([&](char32_t c) {
    EXPECT_EQ(normalizer.role(c), record_.white_space[c] ? Role::space : Role::letter) << hex(c);
  });
}

TEST_F(BertCharacters, LoseTheirAccentsAndAreLowercased) {
  for_each_code_point([&](char32_t c) {
    const std::u32string without_accents = record_.without_accents(c);
    EXPECT_EQ(characters(kUncased, c), record_.small(without_accents)) << hex(c);
    EXPECT_EQ(characters({.lowercase = false}, c), without_accents) << hex(c);
    EXPECT_EQ(characters({.strip_accents = false}, c), record_.small({c})) << hex(c);
    EXPECT_EQ(characters(kCased, c), std::u32string{c}) << hex(c);
  });
}

TEST_F(BertCharacters, ArePunctuationAsRecorded) {
  for_each_code_point(
      [&](char32_t c) { EXPECT_EQ(BertNormalizer::is_punctuation(c), record_.punctuation[c]) << hex(c); });
}

TEST_F(BertCharacters, AreNotChangedByNormalisingTwice) {
  for (const BertNormalization& options : {kUncased, kCased, BertNormalization{.strip_accents = false}}) {
    const BertNormalizer normalizer(options);
    for_each_code_point([&](char32_t c) {
      if (record_.ideograph[c]) return;  // gets more spaces, which change nothing
      std::string text;
      append_utf8(text, c);
      const std::string once = normalizer.normalize("a" + text + "b");
      EXPECT_EQ(normalizer.normalize(once), once) << hex(c);
    });
  }
}

std::vector<std::string> words(std::string_view text, const BertNormalization& options = kUncased,
                               size_t max_chars = 100) {
  std::vector<std::string> result;
  BertNormalizer(options).for_each_word(text, max_chars, [&result](BertWord& word) {
    result.push_back(word.too_long() ? "(too long)" : std::string(word.text()));
  });
  return result;
}

using Words = std::vector<std::string>;

TEST(BertNormalizer, SplitsAtSpacesPunctuationAndIdeographs) {
  EXPECT_EQ(words("  Hello,World!\t x\xC2\xA0y "), (Words{"hello", ",", "world", "!", "x", "y"}));
  EXPECT_EQ(words("ab\xE4\xB8\x80\xE4\xBA\x8C"
                  "cd"),
            (Words{"ab", "\xE4\xB8\x80", "\xE4\xBA\x8C", "cd"}));
  EXPECT_EQ(words("ab\xE4\xB8\x80"
                  "cd",
                  {.handle_chinese_chars = false}),
            (Words{"ab\xE4\xB8\x80"
                   "cd"}));
  EXPECT_EQ(words(""), Words{});
  EXPECT_EQ(words(" \xE2\x80\x8B "), Words{});
}

TEST(BertNormalizer, DropsControlCharactersInsideWords) {
  EXPECT_EQ(words("hel\x07lo wor\xE2\x80\x8Bld"), (Words{"hello", "world"}));
  EXPECT_EQ(words("a\xC2\x85"
                  "b"),
            Words{"ab"});
  EXPECT_EQ(words("a\xC2\x85"
                  "b",
                  {.clean_text = false}),
            (Words{"a", "b"}));
}

TEST(BertNormalizer, SplitsAtPunctuationThatDecompositionUncovers) {
  EXPECT_EQ(words("a\xE2\x89\xA0"
                  "b"),
            (Words{"a", "=", "b"}));  // U+2260 is = and U+0338
  EXPECT_EQ(words("a\xE2\x89\xA0"
                  "b",
                  kCased),
            Words{"a\xE2\x89\xA0"
                  "b"});
}

TEST(BertNormalizer, PutsKeptMarksInCanonicalOrder) {
  // U+302E (class 224) and U+1D165 (class 216) are no Mn marks, so they stay, but change places.
  EXPECT_EQ(words("a\xE3\x80\xAE\xF0\x9D\x85\xA5"), Words{"a\xF0\x9D\x85\xA5\xE3\x80\xAE"});
  EXPECT_EQ(words("a\xE3\x80\xAE\xE2\x80\x8B\xF0\x9D\x85\xA5"), Words{"a\xF0\x9D\x85\xA5\xE3\x80\xAE"});
  EXPECT_EQ(words("a\xE3\x80\xAE\xF0\x9D\x85\xA5", kCased), Words{"a\xE3\x80\xAE\xF0\x9D\x85\xA5"});
}

TEST(BertNormalizer, CountsCharactersAfterStripping) {
  EXPECT_EQ(words("e\xCC\x81"
                  "e\xCC\x81",
                  kUncased, 2),
            Words{"ee"});
  EXPECT_EQ(words("abc d", kUncased, 2), (Words{"(too long)", "d"}));
}

}  // namespace
}  // namespace angle
