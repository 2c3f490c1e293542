// Invariants:
// - what is shown of a text is one line of valid UTF-8 without control characters, whatever the text;
// - ordinary texts, in any script, are shown as they are; of long ones the beginning, and that there is more.
#include "angle/excerpt.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/text/utf8.h"

namespace angle {
namespace {

TEST(Excerpt, LeavesOrdinaryTextsAlone) {
  for (const char* text : {"", "a text", "Grüße, 世界 🙂", R"(a "quoted" C:\path)"})
    EXPECT_EQ(excerpt(text), text);
}

TEST(Excerpt, EscapesControlCharactersAndWhatIsNotUtf8) {
  EXPECT_EQ(excerpt(std::string("H\0\x01", 3)), R"(H\x00\x01)");
  EXPECT_EQ(excerpt("a\tb\r\n\x1b[2J\x7f"), R"(a\tb\r\n\x1b[2J\x7f)");
  EXPECT_EQ(excerpt("\xC2\x9B"
                    "31m"),
            R"(\xc2\x9b31m)")
      << "a terminal may obey it as ESC [";
  EXPECT_EQ(excerpt("\xFF\xC3"), R"(\xff\xc3)");
}

TEST(Excerpt, CutsBetweenCharacters) {
  EXPECT_EQ(excerpt("12345", 5), "12345");
  EXPECT_EQ(excerpt("123456", 5), "12345…");
  EXPECT_EQ(excerpt("1234é", 5), "1234…");
  EXPECT_EQ(excerpt(std::string(50, '\x80'), 5), R"(\x80\x80…)") << "no character: not cut for ever";
}

TEST(Excerpt, OfAnyBytesIsPrintable) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += {static_cast<char>(255 - i), static_cast<char>(i), '\xE2'};
  for (size_t most = 0; most < bytes.size(); ++most) {
    const std::string shown = excerpt(bytes, most);
    EXPECT_FALSE(find_invalid_utf8(shown)) << most;
    EXPECT_TRUE(
        std::none_of(shown.begin(), shown.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }));
  }
}

TEST(InQuotes, SaysWhereTheTextEnds) {
  EXPECT_EQ(in_quotes("left "), "\"left \"");
  EXPECT_EQ(in_quotes("PK\x03\x04 and so on", 4), R"("PK\x03\x04"…)");
}

TEST(InQuotes, ListsTheFirstOfMany) {
  EXPECT_EQ(list_in_quotes({}), "none");
  EXPECT_EQ(list_in_quotes({"a", "b c"}), R"("a", "b c")");
  EXPECT_THAT(list_in_quotes(std::vector<std::string>(23, "x")), ::testing::EndsWith(R"(, "x" and 3 more)"));
}

}  // namespace
}  // namespace angle
