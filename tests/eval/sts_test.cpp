// Pins: each similarity equals its formula, also over several blocks; distances are negated; pairs of
// identical texts tie; identical texts are listed once; zero vectors, an odd number of dims, equal labels and
// a single pair give defined results with reasons; the swap asymmetry is that of the chosen angle variant.
#include "angle/eval/sts.h"

#include <cmath>
#include <numeric>
#include <random>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/correlation.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

using Vector = std::vector<double>;

/// Scores left[i] with right[i].
StsScores score(const std::vector<Vector>& left, const std::vector<Vector>& right, const Vector& labels,
                AngleVariant variant = AngleVariant::angle_emb) {
  std::vector<float> values;
  for (const auto& side : {left, right}) {
    for (const Vector& row : side) values.insert(values.end(), row.begin(), row.end());
  }
  const auto pairs = static_cast<int64_t>(left.size());
  const Tensor vectors = at::tensor(values, at::kFloat).reshape({2 * pairs, -1});
  std::vector<int64_t> rows(2 * left.size());
  std::iota(rows.begin(), rows.end(), 0);
  const std::span<const int64_t> all(rows);
  return score_pairs(vectors, all.first(left.size()), all.last(left.size()), labels, variant);
}

struct RandomPairs {
  std::vector<Vector> left, right;
  Vector labels;

  RandomPairs(size_t pairs, size_t dims) {
    std::mt19937 engine(7);
    std::normal_distribution<float> normal;  // float: what the program sees is what the formulas see
    const auto vector = [&] {
      Vector values(dims);
      for (double& value : values) value = static_cast<double>(normal(engine));
      return values;
    };
    for (size_t i = 0; i < pairs; ++i) {
      left.push_back(vector());
      right.push_back(vector());
      labels.push_back(std::round(2.5 + static_cast<double>(normal(engine))));
    }
  }

  /// A formula applied to every pair.
  template <typename Formula>
  Vector scores(Formula formula) const {
    Vector result;
    for (size_t i = 0; i < left.size(); ++i) result.push_back(formula(left[i], right[i]));
    return result;
  }
};

double dot(const Vector& x, const Vector& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

double cosine(const Vector& x, const Vector& y) { return dot(x, y) / std::sqrt(dot(x, x) * dot(y, y)); }

double negated_distance(const Vector& x, const Vector& y, double power) {
  double sum = 0.0;
  for (size_t i = 0; i < x.size(); ++i) sum += std::pow(std::abs(x[i] - y[i]), power);
  return -std::pow(sum, 1.0 / power);
}

double angle_emb(const Vector& x, const Vector& y) {
  const size_t half = x.size() / 2;
  double imaginary = 0.0;
  for (size_t k = 0; k < half; ++k) imaginary += x[half + k] * y[k] - x[k] * y[half + k];
  return std::abs(cosine(x, y) + imaginary / std::sqrt(dot(x, x) * dot(y, y)));
}

void expect_correlations(const StsScores& actual, Similarity similarity, const Vector& scores,
                         const Vector& labels) {
  SCOPED_TRACE(to_string(similarity));
  EXPECT_NEAR(actual.value({similarity, Statistic::pearson}).value(), pearson(scores, labels).value(), 1e-10);
  EXPECT_NEAR(actual.value({similarity, Statistic::spearman}).value(), spearman(scores, labels).value(),
              1e-10);
}

TEST(ScorePairs, FollowsTheFormulasOverSeveralBlocks) {
  for (const size_t pairs : {50u, 2500u}) {
    const RandomPairs random(pairs, 6);
    const StsScores scores = score(random.left, random.right, random.labels);
    EXPECT_EQ(scores.pairs, static_cast<int64_t>(pairs));
    EXPECT_EQ(scores.texts, static_cast<int64_t>(2 * pairs));
    expect_correlations(scores, Similarity::cosine, random.scores(cosine), random.labels);
    expect_correlations(scores, Similarity::dot, random.scores(dot), random.labels);
    expect_correlations(scores, Similarity::euclidean,
                        random.scores([](auto& x, auto& y) { return negated_distance(x, y, 2); }),
                        random.labels);
    expect_correlations(scores, Similarity::manhattan,
                        random.scores([](auto& x, auto& y) { return negated_distance(x, y, 1); }),
                        random.labels);
    expect_correlations(scores, Similarity::angle, random.scores(angle_emb), random.labels);
  }
}

TEST(ScorePairs, RanksNearerPairsHigherByEveryDistance) {
  const StsScores scores = score({{0, 1}, {0, 1}, {0, 1}}, {{3, 1}, {2, 1}, {1, 1}}, {1, 2, 3});
  for (const Similarity similarity : {Similarity::cosine, Similarity::euclidean, Similarity::manhattan})
    EXPECT_EQ(scores.value({similarity, Statistic::spearman}), 1.0);
}

TEST(ScorePairs, LetsPairsOfIdenticalTextsTie) {
  RandomPairs random(200, 8);
  Vector expected = random.scores(cosine);
  for (size_t i = 0; i < 100; ++i) {
    random.right[i] = random.left[i];
    expected[i] = 1.0;
  }
  for (const AngleVariant variant : {AngleVariant::angle_emb, AngleVariant::hermitian, AngleVariant::phase}) {
    const StsScores scores = score(random.left, random.right, random.labels, variant);
    EXPECT_EQ(scores.value({Similarity::cosine, Statistic::spearman}), spearman(expected, random.labels));
  }
}

TEST(ScorePairs, CountsZeroVectorsAndStaysFinite) {
  const StsScores scores =
      score({{0, 0}, {1, 0}, {1, 0}, {0, 0}}, {{1, 0}, {1, 1}, {-1, 0}, {0, 0}}, {2, 3, 1, 2});
  EXPECT_EQ(scores.zero_vectors, 3);
  // Cosines 0, 0.7, -1, 0: the order of the labels, ties included.
  EXPECT_EQ(scores.value({Similarity::cosine, Statistic::spearman}), 1.0);
  for (const Correlation& correlation : scores.correlations) EXPECT_EQ(correlation.why_undefined, "");
}

TEST(ScorePairs, HasNoAngleSimilarityForAnOddNumberOfDims) {
  const RandomPairs random(10, 5);
  const StsScores scores = score(random.left, random.right, random.labels);
  const Correlation& angle = scores.correlations[static_cast<size_t>(Similarity::angle)];
  EXPECT_EQ(angle.spearman, std::nullopt);
  EXPECT_EQ(angle.why_undefined, "it needs an even number of dims, the vectors have 5");
  EXPECT_EQ(scores.swap_asymmetry, std::nullopt);
  EXPECT_TRUE(scores.value({Similarity::cosine, Statistic::spearman}).has_value());
}

TEST(ScorePairs, SaysWhyACorrelationIsUndefined) {
  const auto cosine_of = [](const StsScores& scores) { return scores.correlations[0]; };
  const StsScores equal_labels = score({{1, 0}, {1, 0}}, {{1, 0}, {0, 1}}, {3, 3});
  EXPECT_EQ(cosine_of(equal_labels).pearson, std::nullopt);
  EXPECT_EQ(cosine_of(equal_labels).why_undefined, "all labels are equal");
  EXPECT_EQ(cosine_of(score({{1, 0}}, {{0, 1}}, {3})).why_undefined, "fewer than two pairs");

  const double nan = std::numeric_limits<double>::quiet_NaN();
  const StsScores broken = score({{nan, 0}, {1, 0}}, {{1, 0}, {0, 1}}, {1, 2});
  EXPECT_EQ(cosine_of(broken).why_undefined, "a score is not a finite number");
  EXPECT_EQ(broken.swap_asymmetry, std::nullopt);
}

TEST(ScorePairs, ScoresNoPairsAtAll) {
  const StsScores scores = score_pairs(at::empty({0, 4}, at::kFloat), {}, {}, {});
  EXPECT_EQ(scores.pairs, 0);
  EXPECT_EQ(scores.correlations[0].why_undefined, "fewer than two pairs");
  EXPECT_EQ(scores.swap_asymmetry, std::nullopt);
}

TEST(SwapAsymmetry, IsTheMeanDifferenceWhenSidesAreExchanged) {
  // The first pair is 45 degrees apart: √2 one way, 0 the other. The second is of equal rows: no difference.
  const std::vector<Vector> left{{1, 0}, {1, 2}}, right{{1, -1}, {1, 2}};
  EXPECT_NEAR(score(left, right, {1, 2}, AngleVariant::angle_emb).swap_asymmetry.value(), std::sqrt(2.0) / 2,
              1e-12);
  EXPECT_NEAR(score(left, right, {1, 2}, AngleVariant::hermitian).swap_asymmetry.value(), 0.0, 1e-12);
}

TEST(IndexTexts, ListsIdenticalTextsOnce) {
  const std::vector<ScoredPair> pairs{{"b", "a", 1.0, 2}, {"a", "a", 5.0, 3}, {"", "b", 0.0, 4}};
  const IndexedPairs indexed = index_texts(pairs);
  EXPECT_THAT(indexed.texts, ElementsAre("b", "a", ""));
  EXPECT_THAT(indexed.left, ElementsAre(0, 1, 2));
  EXPECT_THAT(indexed.right, ElementsAre(1, 1, 0));
}

}  // namespace
}  // namespace angle
