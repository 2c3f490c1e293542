// Pinned here:
//  - golden values and gradients, small through both similarities, large by formula; hand-made examples;
//    the sign
//  - the scans equal the matrix of all pairs of pairs, with many ties, few and none
//  - only the order of labels matters, never that of pairs; gradients sum to 0 and equal central differences
//  - nothing to compare (equal labels, one pair, none) is exactly 0 with gradient exactly 0
//  - scale 1000 and scores of ±2000 stay exact; float32 and bfloat16 scores lose only their own rounding
#include "angle/loss/ranking.h"

#include <cmath>

#include <gmock/gmock.h>

#include "angle/loss/similarity.h"

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

/// The definition, with its matrix: log(1 + Σ_{y_i<y_j} e^{scale·(s_i − s_j)}).
Tensor quadratic_ranking_loss(const Tensor& scores, const Tensor& labels, double scale) {
  const Tensor differences = (scores.unsqueeze(1) - scores.unsqueeze(0)) * scale;  // [i, j]
  const Tensor compared = labels.unsqueeze(1) < labels.unsqueeze(0);
  return at::cat({at::zeros({1}, scores.options()), differences.masked_select(compared)}).logsumexp(0);
}

/// Value and gradient of the scans against those of the matrix.
void expect_equals_the_matrix(const Tensor& scores, const Tensor& labels, double scale, double tolerance) {
  EXPECT_TRUE(tensors_close(ranking_loss(scores, labels, scale),
                            quadratic_ranking_loss(scores, labels, scale), tolerance));
  const auto scans = gradients([&](const auto& in) { return ranking_loss(in[0], labels, scale); }, {scores});
  const auto matrix =
      gradients([&](const auto& in) { return quadratic_ranking_loss(in[0], labels, scale); }, {scores});
  EXPECT_TRUE(tensors_close(scans[0], matrix[0], tolerance));
}

void expect_nothing_to_compare(const Tensor& scores, const Tensor& labels) {
  EXPECT_EQ(ranking_loss(scores, labels, 20).item<double>(), 0);
  const auto found = gradients([&](const auto& in) { return ranking_loss(in[0], labels, 20); }, {scores});
  EXPECT_TRUE(tensors_close(found[0], at::zeros_like(scores), 0));
}

template <typename Similarity>
void expect_golden(const std::string& file, Similarity similarity) {
  const auto golden = golden_losses(file);
  ASSERT_GT(golden["cases"].size(), 100U);
  for (const auto& example : golden["cases"]) {
    const auto& input = golden["inputs"][example["input"].get<std::string>()];
    const Tensor labels = tensor(input["labels"][example["labels"].get<std::string>()]);
    const std::vector<Tensor> sides = {tensor(input["x"]), tensor(input["y"])};
    const auto loss = [&](const auto& in) {
      return ranking_loss(similarity(in[0], in[1]), labels, number(example["scale"]));
    };
    const auto found = gradients(loss, sides);
    const auto what = example["input"].dump() + example["labels"].dump() + example["scale"].dump();
    EXPECT_TRUE(is_close(loss(sides), number(example["value"]), kGolden)) << what;
    EXPECT_TRUE(tensors_close(found[0], tensor(example["grad_x"]), kGolden)) << what;
    EXPECT_TRUE(tensors_close(found[1], tensor(example["grad_y"]), kGolden)) << what;
  }
}

TEST(RankingLoss, EqualsTheGoldenCosineLosses) {
  expect_golden("cosine_ranking.json",
                [](const Tensor& x, const Tensor& y) { return angle::cosine_similarity(x, y); });
}

TEST(RankingLoss, EqualsTheGoldenAngleLosses) {
  expect_golden("angle_ranking.json",
                [](const Tensor& x, const Tensor& y) { return angle_similarity(x, y); });
}

/// The labels of ranking_large.json by their formulas.
Tensor large_labels(const std::string& kind, int64_t n) {
  const Tensor turns = at::arange(n, at::kDouble) * 0.6180339887498949;
  const Tensor fraction = turns - turns.floor();
  if (kind == "floor6") return (6 * fraction).floor();
  if (kind == "two") return (2 * fraction).floor();
  return kind == "equal" ? at::zeros({n}, at::kDouble) : fraction;
}

TEST(RankingLoss, EqualsTheGoldenLargeBatches) {
  const auto golden = golden_losses("ranking_large.json");
  ASSERT_EQ(golden["cases"].size(), 32U);
  for (const auto& example : golden["cases"]) {
    const auto n = example["n"].get<int64_t>();
    Tensor scores = (0.37 * at::arange(n, at::kDouble)).sin();
    if (example["s"] == "float32") scores = scores.to(at::kFloat).to(at::kDouble);
    const Tensor labels = large_labels(example["labels"].get<std::string>(), n);
    const auto loss = [&](const auto& in) { return ranking_loss(in[0], labels, number(example["scale"])); };
    const Tensor gradient = gradients(loss, {scores})[0];
    EXPECT_TRUE(is_close(loss(std::vector{scores}), number(example["value"]), kGolden)) << example;
    EXPECT_TRUE(is_close(gradient.abs().sum(), number(example["grad_sum_abs"]), kGolden)) << example;
    EXPECT_TRUE(tensors_close(gradient.slice(0, 0, 8), tensor(example["grad_first8"]), kGolden)) << example;
    EXPECT_TRUE(tensors_close(gradient.slice(0, n - 8), tensor(example["grad_last8"]), kGolden)) << example;
  }
}

TEST(RankingLoss, EqualsTheHandComputedExamples) {
  const Tensor cosines = at::tensor({0.596284794000, 0.925820099773, 0.5, 0.925820099773}, at::kDouble);
  const Tensor labels = at::tensor({0., 1., 0.5, 1.}, at::kDouble);
  EXPECT_TRUE(is_close(ranking_loss(cosines, labels, 20), 2.0621767521670757, 1e-10));
  EXPECT_TRUE(is_close(ranking_loss(cosines, labels, 1), 1.5781651940778296, 1e-10));
  const auto found = gradients([&](const auto& in) { return ranking_loss(in[0], labels, 20); }, {cosines});
  const Tensor expected =
      at::tensor({0.872772253076, -0.000200078207, -0.872372096662, -0.000200078207}, at::kDouble);
  EXPECT_TRUE(tensors_close(found[0] / 20, expected, 1e-10));
}

TEST(RankingLoss, PunishesAPairLabelledLowerThatScoresHigher) {
  const Tensor labels = at::tensor({0., 1.}, at::kDouble);
  const auto loss = [&](double low, double high) {
    return ranking_loss(at::tensor({low, high}, at::kDouble), labels, 1);
  };
  EXPECT_TRUE(is_close(loss(.9, .1), 1.171101, 1e-6));
  EXPECT_TRUE(is_close(loss(.1, .9), 0.371101, 1e-6));
  EXPECT_TRUE(is_close(loss(2, -1), 3.048587, 1e-6));
}

TEST(RankingLoss, EqualsTheMatrixFormWithAndWithoutTies) {
  for (const int64_t pairs : {2, 7, 64, 333}) {
    const Tensor scores = random_tensor({pairs}, pairs);
    for (const int64_t groups : {2, 3, 8, 1000000}) {
      const Tensor labels = (random_tensor({pairs}, 99).sigmoid() * groups).floor();
      expect_equals_the_matrix(scores, labels, 1, 1e-13);
      expect_equals_the_matrix(scores, labels, 20, 1e-13);
    }
  }
}

TEST(RankingLoss, DoesNotCompareTiesOfEqualScoreEither) {
  expect_equals_the_matrix(at::tensor({1., 1., 1., 2., 2.}, at::kDouble),
                           at::tensor({0., 0., 1., 1., 0.}, at::kDouble), 1, 1e-15);
}

TEST(RankingLoss, DoesNotDependOnTheOrderOfPairs) {
  const Tensor scores = random_tensor({50}, 1), labels = (random_tensor({50}, 2) * 2).floor();
  const Tensor order = random_tensor({50}, 3).argsort();
  const auto loss = [&](const Tensor& s, const Tensor& y) { return ranking_loss(s, y, 20); };
  EXPECT_TRUE(tensors_close(loss(scores.index_select(0, order), labels.index_select(0, order)),
                            loss(scores, labels), 1e-14));
}

TEST(RankingLoss, DependsOnTheOrderOfLabelsOnly) {
  const Tensor scores = random_tensor({50}, 1), labels = (random_tensor({50}, 2) * 2).floor();
  EXPECT_TRUE(
      tensors_close(ranking_loss(scores, labels.exp() * 5 - 3, 20), ranking_loss(scores, labels, 20), 0));
  EXPECT_TRUE(
      tensors_close(ranking_loss(scores, labels.to(at::kLong), 20), ranking_loss(scores, labels, 20), 0));
}

TEST(RankingLoss, ComparesLabelsExactly) {
  const double next = std::nextafter(1.0, 2.0);
  const Tensor scores = at::tensor({1., 0.}, at::kDouble);
  EXPECT_TRUE(
      is_close(ranking_loss(scores, at::tensor({1., next}, at::kDouble), 1), std::log1p(std::exp(1)), 1e-15));
  expect_nothing_to_compare(scores, at::tensor({0., -0.}, at::kDouble));
}

TEST(RankingLoss, IsExactlyZeroWithNothingToCompare) {
  expect_nothing_to_compare(random_tensor({30}), at::full({30}, 2.0, at::kDouble));
  expect_nothing_to_compare(random_tensor({1}), at::ones({1}, at::kDouble));
  expect_nothing_to_compare(at::empty({0}, at::kDouble), at::empty({0}, at::kDouble));
  expect_nothing_to_compare(random_tensor({30}).to(at::kFloat), at::ones({30}));
}

TEST(RankingLoss, HasAGradientThatSumsToZero) {
  const Tensor scores = random_tensor({500}, 1), labels = (random_tensor({500}, 2) * 2).floor();
  const auto found = gradients([&](const auto& in) { return ranking_loss(in[0], labels, 20); }, {scores});
  EXPECT_TRUE(is_close(found[0].sum(), 0, 1e-13));
  EXPECT_GT(found[0].abs().sum().item<double>(), 1);
}

TEST(RankingLoss, HasTheGradientOfCentralDifferences) {
  const Tensor labels = at::tensor({0., 2., 1., 2., 0., 1., 5., 2.}, at::kDouble);
  expect_gradients([&](const auto& in) { return 3 * ranking_loss(in[0], labels, 2); }, {random_tensor({8})});
}

TEST(RankingLoss, IsExactAtExtremeScoresAndScales) {
  const Tensor labels = (random_tensor({200}, 2) * 2).floor();
  expect_equals_the_matrix(random_tensor({200}) * 2000, labels, 1, 1e-12);
  expect_equals_the_matrix(random_tensor({200}), labels, 1000, 1e-12);
  const Tensor apart = at::tensor({2000., -2000.}, at::kDouble);
  EXPECT_EQ(ranking_loss(apart, at::tensor({0., 1.}, at::kDouble), 1).item<double>(), 4000);
  EXPECT_EQ(ranking_loss(apart, at::tensor({1., 0.}, at::kDouble), 1).item<double>(), 0);
}

TEST(RankingLoss, LosesOnlyTheRoundingOfItsInputs) {
  const Tensor labels = (random_tensor({512}, 2) * 2).floor();
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Tensor scores = random_tensor({512}).to(type);
    const Tensor loss = ranking_loss(scores, labels, 20);
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    EXPECT_TRUE(tensors_close(loss, ranking_loss(scores.to(at::kDouble), labels, 20), 1e-7));
    const auto run = [&](const auto& in) { return ranking_loss(in[0], labels, 20); };
    const Tensor gradient = gradients(run, {scores})[0];
    EXPECT_EQ(gradient.scalar_type(), type);
    EXPECT_TRUE(tensors_close(gradient, gradients(run, {scores.to(at::kDouble)})[0],
                              type == at::kFloat ? 1e-7 : 4e-3));
  }
}

TEST(RankingLoss, RefusesShapesThatDoNotFit) {
  EXPECT_THROW(ranking_loss(at::ones({3}), at::ones({4}), 1), c10::Error);
  EXPECT_THROW(ranking_loss(at::ones({3, 1}), at::ones({3, 1}), 1), c10::Error);
}

}  // namespace
}  // namespace angle
