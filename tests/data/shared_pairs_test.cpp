// Pairs that are in two sets of examples:
//  - are the same whichever text is left, in scored pairs, positive pairs and triplets, but not by one text
//    alone, nor when one text ends elsewhere;
//  - count as often as they are measured on, however often they are trained on, in each list by itself.

#include "angle/data/shared_pairs.h"

#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;

TextPairs scored(const std::vector<ScoredPair>& pairs) { return text_pairs(pairs); }

int64_t count(const TextPairs& list, const Examples& examples) {
  return count_shared_pairs(std::span(&list, 1), examples).at(0);
}

TEST(SharedPairs, AreTheSameWhicheverTextIsLeft) {
  const TextPairs measured = scored({{"b", "a"}, {"c", "d"}, {"a", "b", 5}, {"a", "d"}});
  EXPECT_EQ(count(measured, std::vector<ScoredPair>{{"a", "b", 1}, {"a", "b", 2}}), 2);
  EXPECT_EQ(count(measured, std::vector<PositivePair>{{"d", "a"}, {"c", "x"}}), 1);
  EXPECT_EQ(count(measured, std::vector<Triplet>{{"d", "c", {"a"}}, {"x", "a", {"b"}}}), 1);
  EXPECT_EQ(count(measured, std::vector<ScoredPair>{{"b", "c"}}), 0);
  EXPECT_EQ(count({}, std::vector<ScoredPair>{{"b", "c"}}), 0);
  EXPECT_EQ(count(scored({{"ab", "c"}, {"", "abc"}}), std::vector<ScoredPair>{{"a", "bc"}}), 0);
}

TEST(SharedPairs, CountInEachListByItself) {
  const std::vector<TextPairs> lists = {
      scored({{"a", "b"}, {"b", "a"}, {"x", "y"}}), {}, scored({{"c", "d"}})};
  EXPECT_THAT(count_shared_pairs(lists, std::vector<ScoredPair>{{"a", "b"}, {"d", "c"}}),
              ElementsAre(2, 0, 1));
}

}  // namespace
}  // namespace angle
