// Invariants:
// - Well-formed text (Unicode 15, table 3-7) is accepted, at the edges of every range too.
// - Overlong forms, surrogates, values above U+10FFFF, stray and missing continuation bytes are found at
//   their offset.
// - Replacement puts one U+FFFD for each maximal ill-formed subsequence and leaves the rest alone.
// - Decoding and encoding are inverse for every code point.
#include "angle/text/utf8.h"

#include <gtest/gtest.h>

#include "text/utf8_decode.h"

namespace angle {
namespace {

using namespace std::string_literals;

constexpr const char* kReplacement = "\xEF\xBF\xBD";

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST(Utf8, AcceptsTheEdgesOfEveryRange) {
  for (const auto& text :
       {""s, "plain"s, "\0"s, "\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xEC\xBF\xBF"s,
        "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s})
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << ::testing::PrintToString(text);
}

TEST(Utf8, FindsTheOffsetOfTheFirstIllFormedByte) {
  EXPECT_EQ(find_invalid_utf8("\xFF"), 0u);
  EXPECT_EQ(find_invalid_utf8("abc\xC0\x80"), 3u);           // overlong NUL
  EXPECT_EQ(find_invalid_utf8("\xC1\xBF"), 0u);              // overlong, two bytes
  EXPECT_EQ(find_invalid_utf8("\xE0\x9F\xBF"), 0u);          // overlong, three bytes
  EXPECT_EQ(find_invalid_utf8("\xF0\x8F\xBF\xBF"), 0u);      // overlong, four bytes
  EXPECT_EQ(find_invalid_utf8("\xC3\xA9\xED\xA0\x80"), 2u);  // surrogate U+D800
  EXPECT_EQ(find_invalid_utf8("\xED\xBF\xBF"), 0u);          // surrogate U+DFFF
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);      // U+110000
  EXPECT_EQ(find_invalid_utf8("\xF5\x80\x80\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("0123456789abcdef\x80"), 16u);  // stray continuation byte after whole words
  EXPECT_EQ(find_invalid_utf8("\xE2\x82"), 0u);               // cut short
  EXPECT_EQ(find_invalid_utf8("\xC3(rest"), 0u);              // continuation byte missing
  EXPECT_EQ(find_invalid_utf8("\xF0\x9F\x98\x80\xF0\x9F\x98"), 4u);
}

TEST(Utf8, ReplacesEveryMaximalIllFormedSubsequence) {
  // The cases of Unicode 15, tables 3-8 to 3-11.
  EXPECT_EQ(replace_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), repeated(kReplacement, 8) + "A");
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), repeated(kReplacement, 8) + "A");
  EXPECT_EQ(replace_invalid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            repeated(kReplacement, 5) + "A" + repeated(kReplacement, 2) + "B");
  EXPECT_EQ(replace_invalid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), repeated(kReplacement, 4) + "A");
}

TEST(Utf8, ReplacementLeavesWellFormedTextAlone) {
  const std::string text = "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80 \0 end"s;
  EXPECT_EQ(replace_invalid_utf8(text), text);
  EXPECT_EQ(replace_invalid_utf8(""), "");
  EXPECT_EQ(replace_invalid_utf8("a\xFFz"), "a" + std::string(kReplacement) + "z");
}

TEST(Utf8, KnowsWhiteSpaceOfAllKinds) {
  for (const char* blank : {"", " \t\r\n\v\f", "\xC2\xA0", "\xE3\x80\x80 \xE2\x80\x83"})
    EXPECT_TRUE(is_blank(blank));
  for (const char* text : {"a", "  .", "\xC2\xA0\xE2\x80\x8B", "\xFF"})
    EXPECT_FALSE(is_blank(text));  // U+200B is none
}

TEST(Utf8, DecodesWhatItEncodes) {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code_point);
    size_t at = 0;
    ASSERT_EQ(decode_utf8(text, at), code_point);
    ASSERT_EQ(at, text.size());
    ASSERT_EQ(character_before(text, text.size()), 0u);
  }
}

TEST(Utf8, DecodesIllFormedBytesAsReplacementCharacter) {
  const std::string text =
      "\xE2\x82"
      "a";
  size_t at = 0;
  EXPECT_EQ(decode_utf8(text, at), 0xFFFDu);
  EXPECT_EQ(at, 2u);
}

}  // namespace
}  // namespace angle
