// Collating:
//  - every form of example becomes token ids in the order left, right; query, positive, negatives;
//  - prompts go before the texts of their side, and count against the length;
//  - what truncation removed is counted;
//  - two texts have one identity when their token ids are equal, after truncation, and never otherwise;
//  - a batch holds side after side, then the negatives example by example, with labels and lines in step.

#include "angle/data/collate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/model_copy.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using testing::ModelCopy;

class Collate : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto directory = testing::golden_path("models/tiny-bert");
    ASSERT_FALSE(directory.empty());
    tokenizer_ = load_tokenizer(directory).tokenizer;
  }

  std::vector<int64_t> ids(const std::string& text, int64_t max_length = 128) const {
    return tokenizer_->encode(text, max_length).token_ids;
  }

  std::vector<EncodedExample> encode(const Examples& examples, const EncodeOptions& options = {}) {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < num_examples(examples); ++row) rows.push_back(row);
    return encode_examples(examples, rows, *tokenizer_, options, statistics_);
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  TextStatistics statistics_;
};

TEST_F(Collate, EncodesScoredPairs) {
  const auto encoded = encode(std::vector<ScoredPair>{{"a cat", "a dog", 3.5, 7}});
  ASSERT_EQ(encoded.size(), 1u);
  EXPECT_THAT(encoded[0].texts, ElementsAre(ids("a cat"), ids("a dog")));
  EXPECT_EQ(encoded[0].label, 3.5);
  EXPECT_EQ(encoded[0].line, 7);
}

TEST_F(Collate, EncodesPairsAndTriplets) {
  const auto pairs = encode(std::vector<PositivePair>{{"who", "the cat", 2}});
  EXPECT_THAT(pairs[0].texts, ElementsAre(ids("who"), ids("the cat")));
  const auto triplets = encode(std::vector<Triplet>{{"who", "the cat", {"the dog", "the sea"}, 3}});
  EXPECT_THAT(triplets[0].texts, ElementsAre(ids("who"), ids("the cat"), ids("the dog"), ids("the sea")));
  EXPECT_EQ(triplets[0].line, 3);
}

TEST_F(Collate, RefusesTextsWithoutTokensByTheirLine) {
  const ModelCopy bare;
  bare.edit("tokenizer.json", [](json& tokenizer) { tokenizer["post_processor"] = nullptr; });
  tokenizer_ = load_tokenizer(bare.path()).tokenizer;
  EXPECT_EQ(encode(std::vector<PositivePair>{{"who", "the cat", 2}}).size(), 1u);
  EXPECT_ERROR(encode(std::vector<PositivePair>{{"who", "the cat", 2}, {"who", " ", 3}}),
               "line 3: there are no tokens in one of the texts");
}

TEST_F(Collate, TakesTheRowsThatAreAskedForInTheirOrder) {
  const Examples examples = std::vector<PositivePair>{{"a", "b", 1}, {"c", "d", 2}, {"e", "f", 3}};
  const std::vector<int64_t> rows = {2, 0, 2};
  const auto encoded = encode_examples(examples, rows, *tokenizer_, {}, statistics_);
  ASSERT_EQ(encoded.size(), 3u);
  EXPECT_EQ(encoded[0].line, 3);
  EXPECT_EQ(encoded[1].line, 1);
  EXPECT_EQ(encoded[2].line, 3);
}

TEST_F(Collate, PutsPromptsBeforeTheTextsOfTheirSide) {
  const EncodeOptions options{.left_prompt = "query: ", .right_prompt = "passage: "};
  const auto encoded = encode(std::vector<Triplet>{{"who", "the cat", {"the dog"}, 1}}, options);
  EXPECT_THAT(encoded[0].texts,
              ElementsAre(ids("query: who"), ids("passage: the cat"), ids("passage: the dog")));
}

TEST_F(Collate, CountsWhatTruncationRemoves) {
  const std::string text = "the cat sat on the mat in the old house";
  const auto whole = static_cast<int64_t>(ids(text).size());
  const auto encoded = encode(std::vector<PositivePair>{{text, "the cat", 1}}, {.max_seq_length = 6});
  EXPECT_EQ(encoded[0].texts[0], ids(text, 6));
  EXPECT_EQ(encoded[0].texts[0].size(), 6u);
  EXPECT_EQ(statistics_.texts, 2);
  EXPECT_EQ(statistics_.texts_cut, 1);
  EXPECT_EQ(statistics_.tokens_cut, whole - 6);
  EXPECT_EQ(statistics_.tokens, 6 + static_cast<int64_t>(ids("the cat").size()));
}

TEST_F(Collate, GivesEqualTokensOneIdentity) {
  const auto encoded = encode(std::vector<PositivePair>{
      {"The cat", "a dog", 1}, {"a  dog", "the  CAT", 2}, {"the cat sat", "a dog", 3}});
  const auto identities = text_identities(encoded);
  ASSERT_EQ(identities.size(), 3u);
  EXPECT_EQ(identities[0][0], identities[1][1]);  // the tokenizer sees neither case nor spaces
  EXPECT_EQ(identities[0][1], identities[1][0]);
  EXPECT_EQ(identities[0][1], identities[2][1]);
  EXPECT_NE(identities[0][0], identities[0][1]);
  EXPECT_NE(identities[0][0], identities[2][0]);
}

TEST_F(Collate, ComparesTextsAsTheModelSeesThem) {
  const auto cut =
      encode(std::vector<PositivePair>{{"the cat sat on the mat", "the cat sat", 1}}, {.max_seq_length = 4});
  const auto identities = text_identities(cut);
  EXPECT_EQ(identities[0][0], identities[0][1]);
}

TEST(CollatedBatch, HoldsSideAfterSideThenNegatives) {
  const std::vector<EncodedExample> examples = {
      {.texts = {{1}, {2, 2}, {3}, {4}}, .label = 0.5, .line = 10},
      {.texts = {{5}, {6}}, .label = 1.5, .line = 20},
      {.texts = {{7}, {2, 2}, {8, 8, 8}}, .label = 2.5, .line = 30}};
  const CollatedBatch batch = collate(examples);
  const auto list = [](std::initializer_list<int64_t> ids) { return std::vector<int64_t>(ids); };
  EXPECT_THAT(batch.token_ids, ElementsAre(list({1}), list({5}), list({7}), list({2, 2}), list({6}),
                                           list({2, 2}), list({3}), list({4}), list({8, 8, 8})));
  EXPECT_THAT(batch.labels, ElementsAre(0.5, 1.5, 2.5));
  EXPECT_THAT(batch.negatives, ElementsAre(2, 0, 1));
  EXPECT_THAT(batch.lines, ElementsAre(10, 20, 30));
  EXPECT_EQ(batch.num_examples(), 3);
  EXPECT_EQ(batch.num_tokens(), 13);
  ASSERT_EQ(batch.identities.size(), batch.token_ids.size());
  for (size_t i = 0; i < batch.identities.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      EXPECT_EQ(batch.identities[i] == batch.identities[j], batch.token_ids[i] == batch.token_ids[j]);
}

}  // namespace
}  // namespace angle
