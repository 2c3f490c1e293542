// Pins: both baselines on pairs worked out by hand; equal texts score exactly 1, texts without words 0; case
// and punctuation do not count, in any alphabet.
#include "angle/eval/baselines.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::NanSensitiveDoubleEq;
using ::testing::Pointwise;

TEST(WordOverlap, IsTheShareOfWordsInBothTexts) {
  const std::vector<ScoredPair> pairs{
      {"The cat sat.", "the CAT, the dog"},  // {the, cat} of {the, cat, sat, dog}
      {"one two", "three"},
      {"...", "!"},
      {"...", "word"},
      {"déjà vu", "Déjà-vu"},
      {"b2b", "b2b b2b"},
      {"“ÉCOLE” — ΟΔΌΣ…", "école οδόσ"},
      {"東京、大阪。", "大阪 東京"},
      {"cafe\xCC\x81 au lait", "cafe\xCC\x81s"},  // é in two characters is no end of a word
      {"\xCC\x81 one", "one"}};
  EXPECT_THAT(word_overlap(pairs), ElementsAre(0.5, 0, 0, 0, DoubleEq(1), 1, 1, 1, 0, 1));
}

TEST(TfIdfCosine, WeighsRareWordsMore) {
  // Four texts. Texts with a word: a 4, b 2, c 1, d 1.
  const std::vector<ScoredPair> pairs{{"a b", "a b c"}, {"a", "a a d"}};
  const double a = std::log(5.0 / 5) + 1, b = std::log(5.0 / 3) + 1, c = std::log(5.0 / 2) + 1, d = c;
  EXPECT_THAT(tf_idf_cosine(pairs),
              ElementsAre(DoubleEq((a * a + b * b) / std::sqrt((a * a + b * b) * (a * a + b * b + c * c))),
                          DoubleEq(a * 2 * a / std::sqrt(a * a * (4 * a * a + d * d)))));
}

TEST(TfIdfCosine, IsOneForTheSameWordsAndZeroWithoutAny) {
  const std::vector<ScoredPair> pairs{{"x y z y", "Y, z: x y!"}, {"...", "..."}, {"x", "?"}, {"x", "q"}};
  EXPECT_THAT(tf_idf_cosine(pairs), ElementsAre(1, 0, 0, 0));
}

TEST(ScoreBaselines, CorrelatesThemWithTheLabels) {
  const std::vector<ScoredPair> pairs{{"a b", "a b", 5}, {"a b", "a c", 3}, {"a b", "d e", 0}};
  const auto baselines = score_baselines(pairs, {.resamples = 7});
  ASSERT_EQ(baselines.size(), 2u);
  EXPECT_EQ(baselines[0].name, "word_overlap");
  EXPECT_EQ(baselines[0].correlation.spearman, 1.0);
  EXPECT_EQ(baselines[1].correlation.spearman, 1.0);
  const auto undefined =
      score_baselines(std::vector<ScoredPair>{{"a", "b", 1}, {"c", "d", 2}}, {.resamples = 0});
  EXPECT_EQ(undefined[1].correlation.why_undefined, "all scores are equal");
  EXPECT_TRUE(undefined[0].resampled.spearman.empty());
}

TEST(ScoreBaselines, AreOfTheResamplesOfTheModel) {
  const std::vector<ScoredPair> pairs{
      {"a b", "a b", 5}, {"a b", "a c", 3}, {"a b", "d e", 4}, {"a", "a b", 0}};
  const BootstrapOptions options{.resamples = 20};
  const std::vector<std::vector<double>> scores = {word_overlap(pairs)};
  const auto expected = resample_correlations(scores, std::vector<double>{5, 3, 4, 0}, options);
  EXPECT_THAT(score_baselines(pairs, options)[0].resampled.spearman,
              Pointwise(NanSensitiveDoubleEq(), expected[0].spearman));
}

}  // namespace
}  // namespace angle
