// Pinned here: which pairs the policy `drop` keeps, where angle_emb's filter goes wrong, and the count of
// duplicates.
#include "angle/loss/duplicates.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Texts = std::vector<std::vector<int64_t>>;

TEST(PairsToKeep, DropsPairsThatRepeatATextOfAKeptPair) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 2}, {3, 4}, {5, 1}, {4, 6}, {7, 8}}), ElementsAre(0, 1, 4));
}

TEST(PairsToKeep, KeepsEverythingWithoutDuplicates) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 2}, {3, 4}, {5, 6}}), ElementsAre(0, 1, 2));
}

TEST(PairsToKeep, KeepsAPairOfEqualTexts) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 1}, {2, 3}, {1, 4}}), ElementsAre(0, 1));
}

TEST(PairsToKeep, ForgetsTheTextsOfDroppedPairs) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 2}, {3, 2}, {3, 4}}), ElementsAre(0, 2));
}

TEST(PairsToKeep, NeverEmptiesABatch) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 1}, {1, 1}, {1, 1}}), ElementsAre(0));
  EXPECT_THAT(pairs_to_keep(Texts{}), IsEmpty());
}

TEST(PairsToKeep, TakesTripletsWithAnyNumberOfNegatives) {
  EXPECT_THAT(pairs_to_keep(Texts{{1, 2, 3}, {4, 5}, {6, 7, 8, 3}, {9, 10, 11}}), ElementsAre(0, 1, 3));
}

TEST(CountDuplicates, CountsTextsThatRepeatAnEarlierOne) {
  const auto count = [](const std::vector<int64_t>& identities) {
    return count_duplicates(at::tensor(identities, at::kLong)).item<int64_t>();
  };
  EXPECT_EQ(count({3, 1, 2}), 0);
  EXPECT_EQ(count({3, 1, 3, 3, 1}), 3);
  EXPECT_EQ(count({}), 0);
}

}  // namespace
}  // namespace angle
