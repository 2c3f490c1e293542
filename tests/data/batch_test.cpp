// Packing:
//  - texts lie one after another, shortest first, equal lengths in the caller's order, nothing between them;
//  - positions count from 0 within each text; groups and offsets cover the tokens without gaps; row_of_text
//    finds a text;
//  - no text is lost, doubled or changed, whatever the lengths;
//  - batches by length hold every text once, stay below their number of tokens, and put like to like;
//  - shares hold every text once, in the caller's order, and about as many tokens each.

#include "angle/data/batch.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using TokenIds = std::vector<std::vector<int64_t>>;

std::vector<int64_t> values(const Tensor& tensor) {
  return {tensor.data_ptr<int64_t>(), tensor.data_ptr<int64_t>() + tensor.numel()};
}

/// The caller's texts, read back from a batch.
TokenIds unpack(const TokenBatch& batch) {
  TokenIds rows;
  const std::vector<int64_t> ids = values(batch.token_ids);
  for (const LengthGroup& group : batch.groups)
    for (int64_t text = 0; text < group.texts; ++text) {
      const auto begin = ids.begin() + group.first_token + text * group.length;
      rows.emplace_back(begin, begin + group.length);
    }
  TokenIds texts;
  for (const int64_t row : values(batch.row_of_text)) texts.push_back(rows[static_cast<size_t>(row)]);
  return texts;
}

TEST(Pack, PutsTextsOneAfterAnotherShortestFirst) {
  const TokenBatch batch = pack(TokenIds{{1, 2, 3}, {4}, {5, 6, 7}, {8, 9}});
  EXPECT_THAT(values(batch.token_ids), ElementsAre(4, 8, 9, 1, 2, 3, 5, 6, 7));
  EXPECT_THAT(values(batch.position_ids), ElementsAre(0, 0, 1, 0, 1, 2, 0, 1, 2));
  EXPECT_THAT(values(batch.row_of_text), ElementsAre(2, 0, 3, 1));
  EXPECT_EQ(batch.num_tokens(), 9);
  EXPECT_EQ(batch.num_texts(), 4);
}

TEST(Pack, GivesTheOffsetsOfTextsAndTheLongest) {
  const TokenBatch batch = pack(TokenIds{{1, 2, 3}, {4}, {5, 6, 7}, {8, 9}});
  ASSERT_EQ(batch.offsets.scalar_type(), at::kInt);
  EXPECT_TRUE(batch.offsets.is_contiguous());
  EXPECT_THAT(values(batch.offsets.to(at::kLong)), ElementsAre(0, 1, 3, 6, 9));
  EXPECT_EQ(batch.max_length(), 3);
  EXPECT_THAT(values(pack({}).offsets.to(at::kLong)), ElementsAre(0));
}

TEST(Pack, GroupsTextsOfOneLength) {
  const TokenBatch batch = pack(TokenIds{{1, 2}, {3}, {4, 5}, {6, 7}});
  ASSERT_EQ(batch.groups.size(), 2u);
  EXPECT_EQ(batch.groups[0].first_token, 0);
  EXPECT_EQ(batch.groups[0].texts, 1);
  EXPECT_EQ(batch.groups[0].length, 1);
  EXPECT_EQ(batch.groups[1].first_token, 1);
  EXPECT_EQ(batch.groups[1].texts, 3);
  EXPECT_EQ(batch.groups[1].length, 2);
  EXPECT_EQ(batch.groups[1].tokens(), 6);
}

TEST(Pack, LosesDoublesAndChangesNoText) {
  TokenIds texts;
  for (int64_t i = 0; i < 100; ++i) {
    auto& text = texts.emplace_back();
    for (int64_t t = 0; t <= (i * 37) % 11; ++t) text.push_back(1000 * i + t);
  }
  const TokenBatch batch = pack(texts);
  EXPECT_EQ(unpack(batch), texts);
  int64_t next_token = 0;
  std::vector<int64_t> expected_offsets;
  for (const LengthGroup& group : batch.groups) {
    EXPECT_EQ(group.first_token, next_token);
    for (int64_t text = 0; text < group.texts; ++text, next_token += group.length)
      expected_offsets.push_back(next_token);
  }
  expected_offsets.push_back(next_token);
  EXPECT_EQ(values(batch.offsets.to(at::kLong)), expected_offsets);
  EXPECT_EQ(next_token, batch.num_tokens());
}

TEST(Pack, TakesNoTextsAtAll) {
  const TokenBatch batch = pack({});
  EXPECT_EQ(batch.num_tokens(), 0);
  EXPECT_EQ(batch.num_texts(), 0);
  EXPECT_TRUE(batch.groups.empty());
}

TEST(Pack, RefusesATextWithoutTokens) { EXPECT_THROW(pack(TokenIds{{1}, {}}), c10::Error); }

TEST(LengthSortedBatches, HoldEveryTextOnceWithinTheLimit) {
  TokenIds texts;
  for (size_t i = 0; i < 60; ++i) texts.emplace_back(1 + (i * 7) % 13, 5);
  std::vector<size_t> seen;
  size_t longest_before = 0;
  for (const auto& batch : length_sorted_batches(texts, 20)) {
    size_t tokens = 0;
    for (const size_t text : batch) {
      EXPECT_GE(texts[text].size(), longest_before);
      longest_before = texts[text].size();
      tokens += texts[text].size();
      seen.push_back(text);
    }
    EXPECT_LE(tokens, 20u);
  }
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), texts.size());
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i);
}

TEST(LengthSortedBatches, GiveALongTextABatchOfItsOwn) {
  const TokenIds texts = {std::vector<int64_t>(50, 1), {1}, std::vector<int64_t>(60, 1), {1, 2}};
  EXPECT_THAT(length_sorted_batches(texts, 10),
              ElementsAre(ElementsAre(1, 3), ElementsAre(0), ElementsAre(2)));
}

TEST(LengthSortedBatches, AreNoneForNoTexts) { EXPECT_TRUE(length_sorted_batches({}, 10).empty()); }

TEST(BalancedShares, DealTextsOutByLength) {
  EXPECT_THAT(balanced_shares(TokenIds{{1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4}, {1, 2, 3, 4, 5}}, 2),
              ElementsAre(ElementsAre(0, 1, 4), ElementsAre(2, 3)));
  EXPECT_THAT(balanced_shares(TokenIds{{1, 2}, {1}, {1, 2}}, 1), ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_THAT(balanced_shares(TokenIds{{1}}, 3), ElementsAre(ElementsAre(0), ElementsAre(), ElementsAre()));
}

TEST(BalancedShares, HoldEveryTextOnceAndAboutAsManyTokens) {
  TokenIds texts;
  for (size_t i = 0; i < 100; ++i) texts.emplace_back(1 + 17 * i % 60, 1);
  for (const size_t count : {2, 3, 7}) {
    std::vector<int> seen(texts.size());
    size_t fewest = 100000, most = 0;
    for (const std::vector<size_t>& share : balanced_shares(texts, count)) {
      EXPECT_TRUE(std::is_sorted(share.begin(), share.end()));
      size_t tokens = 0;
      for (const size_t text : share) {
        ++seen[text];
        tokens += texts[text].size();
      }
      fewest = std::min(fewest, tokens);
      most = std::max(most, tokens);
    }
    EXPECT_THAT(seen, ::testing::Each(1));
    EXPECT_LE(most - fewest, 60u);
  }
}

}  // namespace
}  // namespace angle
