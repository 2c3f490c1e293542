// Texts as words. Invariants:
// - plain words ignore case, punctuation and apostrophes, in any script; nothing else;
// - words are counted between white space;
// - overlap is symmetric, 1 for the same words and 0 for none in common.
#include "annotate/words.h"

#include <gtest/gtest.h>

namespace angle {
namespace {

TEST(PlainWords, IgnoresCaseAndPunctuation) {
  EXPECT_EQ(plain_words("  The Cat, sat -- on 2 mats! "), "the cat sat on 2 mats");
  EXPECT_EQ(plain_words("Don't, don’t"), "dont dont");
  EXPECT_EQ(plain_words("ÜBER Ärger"), "über ärger");
  EXPECT_EQ(plain_words("snake_case"), "snake case");
  EXPECT_EQ(plain_words("…!?"), "");
  EXPECT_NE(plain_words("a cat"), plain_words("acat"));
}

TEST(CountWords, CountsBetweenWhiteSpace) {
  EXPECT_EQ(count_words(""), 0);
  EXPECT_EQ(count_words("  one,two  three\t\n"), 2);
  EXPECT_EQ(count_words("a\xC2\xA0 b"), 2);
}

TEST(WordOverlap, IsJaccards) {
  EXPECT_DOUBLE_EQ(word_overlap("the cat sat", "The cat, the dog"), 0.5);
  EXPECT_DOUBLE_EQ(word_overlap("a b", "B a!"), 1);
  EXPECT_DOUBLE_EQ(word_overlap("a", "b"), 0);
  EXPECT_DOUBLE_EQ(word_overlap("", "?"), 0);
  EXPECT_DOUBLE_EQ(word_overlap("a b c", "c d"), word_overlap("c d", "a b c"));
}

}  // namespace
}  // namespace angle
