// Pins: BM25 on an example worked out by hand; only documents that share a word with the query are found, the
// first of equals first; case and punctuation do not matter; a query's word counts as often as it has it.
#include "angle/eval/bm25.h"

#include <cmath>

#include <gtest/gtest.h>

namespace angle {
namespace {

using Texts = std::vector<std::string>;

std::vector<ScoredDocument> found(const Texts& documents, const std::string& query,
                                  const Bm25Options& options = {}) {
  Bm25Search search(Texts{query});
  for (const std::string& document : documents) search.add(document);
  return search.search(10, options).ranked(0);
}

TEST(Bm25, ScoresAnExampleWorkedOutByHand) {
  const auto ranked = found({"a cat and a cat", "a dog", "the dog barks at a cat, loudly"}, "cat dog",
                            {.k1 = 1.2, .b = 0.75});
  // Both words are in 2 of 3 documents; lengths 5, 2 and 7, their mean 14 / 3.
  const double idf = std::log(1 + (3 - 2 + 0.5) / (2 + 0.5));
  const auto part = [&](double times, double length) {
    return idf * times / (times + 1.2 * (1 - 0.75 + 0.75 * length / (14.0 / 3)));
  };
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].document, 2);
  EXPECT_NEAR(ranked[0].score, 2 * part(1, 7), 1e-6);
  EXPECT_EQ(ranked[1].document, 0);
  EXPECT_NEAR(ranked[1].score, part(2, 5), 1e-6);
  EXPECT_NEAR(ranked[2].score, part(1, 2), 1e-6);
}

TEST(Bm25, FindsOnlyDocumentsThatShareAWord) {
  const auto ranked = found({"the tide", "Boats, waiting", "boats waiting", ""}, "BOATS?");
  ASSERT_EQ(ranked.size(), 2u);
  EXPECT_EQ(ranked[0].document, 1);
  EXPECT_EQ(ranked[1].document, 2);
  EXPECT_EQ(ranked[0].score, ranked[1].score);
  EXPECT_TRUE(found({"the tide"}, "...").empty());
  EXPECT_TRUE(found({}, "tide").empty());
}

TEST(Bm25, CountsAWordAsOftenAsTheQueryHasIt) {
  const Texts documents{"the tide", "boats"};
  EXPECT_FLOAT_EQ(found(documents, "tide tide")[0].score, 2 * found(documents, "tide")[0].score);
}

TEST(Bm25, KeepsTheBestOfManyDocuments) {
  Bm25Search search(Texts{"tide", "boat"});
  std::string document = "tide";
  for (int i = 0; i < 30; ++i) search.add(document += " boat");
  const TopDocuments top = search.search(2);
  EXPECT_EQ(top.ranked(0).at(0).document, 0);  // the shortest with the word
  EXPECT_EQ(top.ranked(0).size(), 2u);
  EXPECT_EQ(top.ranked(1).at(0).document, 29);  // the one that has it most often
}

}  // namespace
}  // namespace angle
