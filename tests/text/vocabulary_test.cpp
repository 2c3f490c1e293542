// Invariants:
// - a token is found by its spelling, of equal ones the last, and none that is not searchable;
// - for_each_prefix finds exactly the tokens that a place of a text begins with, shorter ones first, also
//   behind a continuation's prefix.
#include "text/vocabulary.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> prefixes(const Vocabulary& vocabulary, const std::string& prefix,
                                  std::string_view text) {
  std::vector<std::string> found;
  vocabulary.for_each_prefix(vocabulary.continuation(prefix), text, [&](size_t length, int32_t id) {
    EXPECT_EQ(vocabulary.token(id), prefix + std::string(text.substr(0, length)));
    found.emplace_back(vocabulary.token(id));
  });
  return found;
}

TEST(Vocabulary, FindsTokensBySpelling) {
  const Vocabulary vocabulary(std::vector<std::string>{"a", "", "ab", "a", "hidden"}, 4);
  EXPECT_EQ(vocabulary.find("ab"), 2);
  EXPECT_EQ(vocabulary.find("a"), 3);
  EXPECT_EQ(vocabulary.find(""), Vocabulary::kNotFound);
  EXPECT_EQ(vocabulary.find("abc"), Vocabulary::kNotFound);
  EXPECT_EQ(vocabulary.find("hidden"), Vocabulary::kNotFound);
  EXPECT_EQ(vocabulary.token(4), "hidden");
}

TEST(Vocabulary, FindsTheTokensThatATextBeginsWith) {
  const Vocabulary vocabulary(std::vector<std::string>{"a", "abcd", "##b", "##bcd", "ä", "東京"});
  EXPECT_THAT(prefixes(vocabulary, "", "abcde"), ElementsAre("a", "abcd"));
  EXPECT_THAT(prefixes(vocabulary, "", "abc"), ElementsAre("a"));
  EXPECT_THAT(prefixes(vocabulary, "##", "bcde"), ElementsAre("##b", "##bcd"));
  EXPECT_THAT(prefixes(vocabulary, "", "東京都"), ElementsAre("東京"));
  EXPECT_THAT(prefixes(vocabulary, "", "bcd"), IsEmpty());
  EXPECT_THAT(prefixes(vocabulary, "", ""), IsEmpty());
  EXPECT_THAT(prefixes(Vocabulary(std::vector<std::string>{}), "", "a"), IsEmpty());
}

TEST(Vocabulary, FindsWhatComparingWithEveryTokenFinds) {
  std::mt19937 random(1);
  const auto word = [&random](size_t longest) {
    std::string text(1 + random() % longest, ' ');
    for (char& byte : text) byte = static_cast<char>('a' + random() % 3);
    return text;
  };
  std::set<std::string> different;
  while (different.size() < 300) different.insert(word(8));
  const std::vector<std::string> tokens(different.begin(),
                                        different.end());  // of two that fit, the shorter first
  const Vocabulary vocabulary(tokens);
  for (int i = 0; i < 1000; ++i) {
    const std::string text = word(12);
    std::vector<std::string> expected;
    for (const std::string& token : tokens)
      if (text.starts_with(token)) expected.push_back(token);
    EXPECT_EQ(prefixes(vocabulary, "", text), expected) << text;
  }
}

}  // namespace
}  // namespace angle
