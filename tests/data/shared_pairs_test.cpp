// Pairs that are in two sets of examples:
//  - are the same whichever text is left, in scored pairs, positive pairs and triplets, but not by one text
//  alone,
//    nor by where one text ends and the other begins;
//  - count as often as they are measured on, however often they are trained on, in each list by itself;
//  - are found in a store in a file as in one in memory, over all of its blocks.

#include "angle/data/shared_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using testing::TempDir;

TextPairs scored(std::vector<ScoredPair> pairs) { return text_pairs(Examples(std::move(pairs))); }

int64_t count(const TextPairs& list, Examples examples) {
  return count_shared_pairs(std::span(&list, 1), ExampleStore(std::move(examples))).at(0);
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

TEST(SharedPairs, AreFoundInAFile) {
  const TempDir directory;
  std::string rows = "sentence1\tsentence2\tscore\n";
  for (int row = 0; row < 5000; ++row) rows += "text\t" + std::to_string(row) + "\t1\n";
  const ExampleStore store(
      IndexedExamples(directory.file("x.tsv", rows), DataFormat::scored_pairs, ReadOptions{}));
  ASSERT_FALSE(store.in_memory());
  const std::vector<TextPairs> lists = {scored({{"0", "text"}, {"4095", "text"}, {"text", "4096"}}),
                                        scored({{"4999", "text"}, {"5000", "text"}})};
  EXPECT_THAT(count_shared_pairs(lists, store), ElementsAre(3, 1));
  EXPECT_EQ(text_pairs(store).size(), 5000u);
}

}  // namespace
}  // namespace angle
