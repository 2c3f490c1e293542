// Invariants:
// - the edit distance is Levenshtein's with swaps of neighbours, symmetric, 0 only for equal names;
// - a misspelt name finds the one it was meant to be, whatever the case, one that differs in nothing else
//   before all; the last words of a name find it, and so does what is before its @; a foreign one finds none.
#include "angle/suggest.h"

#include <gtest/gtest.h>

namespace angle {
namespace {

const std::vector<std::string> kKeys{"cosine_weight", "cosine_scale", "angle_weight", "angle_scale",
                                     "learning_rate"};

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("flaw", "lawn"), 2u);
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("stbs", "stsb"), 1u);
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // no letter is moved twice
}

TEST(EditDistance, IsZeroOnlyForEqualNames) {
  EXPECT_EQ(edit_distance("seed", "seed"), 0u);
  EXPECT_EQ(edit_distance("seed", "Seed"), 1u);
}

TEST(EditDistance, IsSymmetric) {
  EXPECT_EQ(edit_distance("angle_wieght", "angle_scale"), edit_distance("angle_scale", "angle_wieght"));
}

TEST(NearestName, FindsTheNameThatWasMeant) {
  EXPECT_EQ(nearest_name("angle_wieght", kKeys), "angle_weight");
  EXPECT_EQ(nearest_name("learning_rte", kKeys), "learning_rate");
}

TEST(NearestName, TakesTheFirstThatEndsInTheName) {
  EXPECT_EQ(nearest_name("spearman", {"dot_pearson", "cosine_spearman", "dot_spearman"}), "cosine_spearman");
  EXPECT_EQ(nearest_name("rate", kKeys), "learning_rate");
}

TEST(NearestName, TakesTheFirstThatHasTheNameBeforeItsCutoff) {
  const std::vector<std::string> scores{"map@100", "recall@1", "recall@10", "mrr@10"};
  EXPECT_EQ(nearest_name("mrr", scores), "mrr@10");
  EXPECT_EQ(nearest_name("Recall", scores), "recall@1");
  EXPECT_EQ(nearest_name("", scores), "");
}

TEST(NearestName, TakesCapitalsForSmallLetters) {
  EXPECT_EQ(nearest_name("STSB", {"sts", "stsb"}), "stsb");
  EXPECT_EQ(nearest_name("nDCG10", {"mrr@10", "ndcg@10"}), "ndcg@10");
  EXPECT_EQ(nearest_name("Spearman", {"dot_pearson", "dot_spearman"}), "dot_spearman");
  EXPECT_TRUE(equal_but_for_case("all-minilm-l6-v2", "all-MiniLM-L6-v2"));
  EXPECT_FALSE(equal_but_for_case("all-MiniLM-L12-v2", "all-MiniLM-L6-v2"));
  EXPECT_FALSE(equal_but_for_case("sts", "stsb"));
}

TEST(NearestName, FindsNothingForAForeignName) {
  EXPECT_EQ(nearest_name("banana", kKeys), "");
  EXPECT_EQ(nearest_name("x", kKeys), "");
}

TEST(NearestName, FindsNothingAmongNoCandidates) { EXPECT_EQ(nearest_name("seed", {}), ""); }

TEST(NearestName, TakesTheFirstOfEquallyNearCandidates) {
  EXPECT_EQ(nearest_name("bat", {"cat", "hat"}), "cat");
}

TEST(Suggestion, IsTheEndOfAMessageOrNothing) {
  EXPECT_EQ(suggestion("learning_rte", kKeys), "; did you mean \"learning_rate\"?");
  EXPECT_EQ(suggestion("banana", kKeys), "");
}

}  // namespace
}  // namespace angle
