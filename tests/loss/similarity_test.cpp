// Pinned here, for the cosine similarity and the angle similarity, each in its three variants:
//  - golden values, where the reference has one; our defined value where it has NaN or has lost its digits
//  - closed forms by hand: Re h is the cosine, scores at relative phases, lengths of gradients
//  - range, symmetry, positive-scale invariance, behaviour at y = x and y = −x
//  - gradients equal central differences; 0 at kinks; bounded where the phase fades
//  - zero rows score 0 (phase: −π/2) with gradient 0, whatever their neighbours; any norm works in any
//    precision
//  - bfloat16 is computed in float32; odd hidden sizes and unequal shapes are refused
#include "angle/loss/similarity.h"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;
using std::numbers::pi;

constexpr CosineVariant kCosineVariants[] = {CosineVariant::cosine, CosineVariant::arccos,
                                             CosineVariant::dot};
constexpr AngleVariant kVariants[] = {AngleVariant::angle_emb, AngleVariant::hermitian, AngleVariant::phase};

Tensor row(const std::vector<double>& values) { return at::tensor(values, at::kDouble).unsqueeze(0); }

/// x·e^{i·degrees}, halves of a row being real and imaginary parts.
Tensor turned_by_degrees(const Tensor& x, double degrees) {
  const double c = std::cos(degrees * pi / 180), s = std::sin(degrees * pi / 180);
  const auto parts = x.chunk(2, 1);
  return at::cat({parts[0] * c - parts[1] * s, parts[0] * s + parts[1] * c}, 1);
}

/// The gradient of a score by the left row.
Tensor gradient_by_left(const Tensor& left, const Tensor& right, AngleVariant variant) {
  return gradients([&](const auto& in) { return angle_similarity(in[0], right, variant).sum(); }, {left})[0];
}

// The pairs of the hand-made examples.
const Tensor kZ =
    at::tensor({1., 2., 3., 4., 1., 0., -1., 2., 0., 1., 1., 0., 2., -1., 0., 1.}, at::kDouble).view({4, 4});
const Tensor kW =
    at::tensor({2., 1., 0., 1., 1., 1., -1., 2., 1., 1., 0., 0., 2., -1., 1., 1.}, at::kDouble).view({4, 4});

TEST(AngleSimilarity, EqualsTheGoldenValues) {
  const auto golden = golden_losses("angle_similarity.json");
  ASSERT_EQ(golden["random"].size(), 50U);
  for (const auto& example : golden["random"]) {
    const Tensor score =
        angle_similarity(tensor(example["x"]).unsqueeze(0), tensor(example["y"]).unsqueeze(0));
    EXPECT_TRUE(tensors_close(score, tensor(example["value"]).view({1}), kGolden));
  }
}

/// What the score of a degenerate golden example has to be. The reference divides 0 by 0 for zero vectors,
/// and its squares leave the range of the type for very small and very large ones (the value at 1e-160 is off
/// by 5e-5).
double defined_value(const std::string& name, double reference) {
  if (name.ends_with("zero")) return 0;
  if (name.starts_with("both norms") || name.find("norm about") != std::string::npos)
    return 0.425227822426994;
  return reference;
}

TEST(AngleSimilarity, IsDefinedForEveryDegenerateGoldenExample) {
  const auto golden = golden_losses("angle_similarity.json");
  ASSERT_EQ(golden["degenerate"].size(), 25U);
  for (const auto& example : golden["degenerate"]) {
    const auto name = example["name"].get<std::string>();
    const double expected = defined_value(name, number(example["value_float64"]));
    const Tensor x = tensor(example["x"]).unsqueeze(0), y = tensor(example["y"]).unsqueeze(0);
    EXPECT_TRUE(tensors_close(angle_similarity(x, y), at::full({1}, expected, at::kDouble), kGolden)) << name;

    if (name.find("160") != std::string::npos || name.find("170") != std::string::npos)
      continue;  // not in float32
    const Tensor score = angle_similarity(x.to(at::kFloat), y.to(at::kFloat));
    EXPECT_TRUE(tensors_close(score, at::full({1}, expected, at::kDouble), 3e-7)) << name << " in float32";
  }
}

TEST(AngleSimilarity, EqualsTheHandComputedExamples) {
  const auto expect = [](AngleVariant variant, const Tensor& left, const Tensor& right,
                         const std::vector<double>& scores) {
    EXPECT_TRUE(
        tensors_close(angle_similarity(left, right, variant), at::tensor(scores, at::kDouble), 1e-11));
  };
  expect(AngleVariant::angle_emb, kZ, kW, {1.192569588000, 1.234426799697, 1.0, 0.617213399848});
  expect(AngleVariant::angle_emb, kW, kZ, {0.0, 0.617213399848, 0.0, 1.234426799697});
  expect(AngleVariant::hermitian, kZ, kW, {0.843274042712, 0.975900072949, 0.707106781187, 0.975900072949});
  expect(AngleVariant::phase, kZ, kW, {-pi / 4, -0.321750554397, -pi / 4, -0.321750554397});
}

TEST(CosineSimilarity, EqualsTheHandComputedExamples) {
  const Tensor expected = at::tensor({0.596284794000, 0.925820099773, 0.5, 0.925820099773}, at::kDouble);
  EXPECT_TRUE(tensors_close(angle::cosine_similarity(kZ, kW), expected, 1e-11));
}

TEST(CosineSimilarity, EqualsItsDefinitionInEveryVariant) {
  const Tensor cosine = angle::cosine_similarity(kZ, kW);
  EXPECT_TRUE(tensors_close(angle::cosine_similarity(kZ, kW, CosineVariant::arccos),
                            1 - 2 / pi * cosine.arccos(), 1e-14));
  EXPECT_TRUE(tensors_close(angle::cosine_similarity(kZ, kW, CosineVariant::dot),
                            at::tensor({8., 6., 1., 6.}, at::kDouble), 0));
}

/// At an angle of 1e-7 the cosine is 1 to all its digits, in float32 from 2e-4 on.
TEST(CosineSimilarity, KeepsSmallAnglesByArccos) {
  for (const double angle : {1e-4, 1e-7, 1e-12}) {
    const Tensor x = row({1, 0}), y = row({std::cos(angle), std::sin(angle)});
    for (const double side : {1.0, -1.0}) {
      const Tensor score = angle::cosine_similarity(x, side * y, CosineVariant::arccos);
      EXPECT_NEAR((1 - side * score.item<double>()) * pi / 2 / angle, 1, 1e-3) << angle;
    }
  }
  const Tensor x = row({1, 0}).to(at::kFloat), y = row({1, 1e-6}).to(at::kFloat);
  const auto gradient = gradients(
      [&](const auto& in) { return angle::cosine_similarity(in[0], y, CosineVariant::arccos).sum(); },
      {x})[0];
  EXPECT_TRUE(tensors_close(gradient, row({0, 2 / pi}), 1e-7));
}

TEST(CosineSimilarity, HasGradientsOfTheDocumentedLength) {
  const Tensor x = random_tensor({50, 8}, 1), y = random_tensor({50, 8}, 2);
  const auto expect = [&](CosineVariant variant, const Tensor& expected) {
    const Tensor gradient =
        gradients([&](const auto& in) { return angle::cosine_similarity(in[0], y, variant).sum(); }, {x})[0];
    EXPECT_TRUE(tensors_close(gradient.norm(2, 1), expected, 1e-12));
  };
  const Tensor length = x.norm(2, 1);
  expect(CosineVariant::cosine, (1 - angle::cosine_similarity(x, y).square()).sqrt() / length);
  expect(CosineVariant::arccos, 2 / (pi * length));
  expect(CosineVariant::dot, y.norm(2, 1));
}

TEST(CosineSimilarity, HasGradientZeroAtTheKinksOfArccos) {
  const Tensor x = random_tensor({5, 8});
  for (const double side : {1.0, -1.0}) {
    const auto score = [&](const auto& in) {
      return angle::cosine_similarity(in[0], side * in[1], CosineVariant::arccos);
    };
    EXPECT_TRUE(tensors_close(score(std::vector{x, x}), at::full({5}, side, at::kDouble), 0));
    for (const Tensor& gradient : gradients([&](const auto& in) { return score(in).sum(); }, {x, x}))
      EXPECT_TRUE(tensors_close(gradient, at::zeros_like(x), 0));
  }
}

TEST(CosineSimilarity, IsTheRealPartOfTheComplexOne) {
  const Tensor x = random_tensor({100, 8}, 1), y = random_tensor({100, 8}, 2);
  const Tensor modulus = angle_similarity(x, y, AngleVariant::hermitian);
  const Tensor phase = angle_similarity(x, y, AngleVariant::phase);
  EXPECT_TRUE(tensors_close(modulus * phase.cos(), angle::cosine_similarity(x, y), 1e-12));
}

TEST(AngleSimilarity, FollowsTheRelativePhase) {
  const Tensor x = random_tensor({1, 8});
  for (const double degrees : {-90., -45., -15., 0., 15., 30., 45., 60., 90., 135., 180.}) {
    const Tensor y = turned_by_degrees(x, -degrees);  // left runs ahead of right
    const double turn = degrees * pi / 180;
    EXPECT_TRUE(is_close(angle_similarity(x, y)[0], std::abs(std::cos(turn) + std::sin(turn)), 1e-12))
        << degrees;
    EXPECT_TRUE(is_close(angle_similarity(x, y, AngleVariant::hermitian)[0], 1, 1e-12)) << degrees;
    EXPECT_TRUE(is_close(angle_similarity(x, y, AngleVariant::phase)[0], -std::abs(turn), 1e-12)) << degrees;
  }
}

TEST(AngleSimilarity, IsOneForXAndForMinusX) {
  const Tensor x = random_tensor({5, 8});
  for (const auto variant : {AngleVariant::angle_emb, AngleVariant::hermitian}) {
    EXPECT_TRUE(tensors_close(angle_similarity(x, x, variant), at::ones({5}), 1e-12));
    EXPECT_TRUE(tensors_close(angle_similarity(x, -x, variant), at::ones({5}), 1e-12));
  }
  EXPECT_TRUE(tensors_close(angle_similarity(x, x, AngleVariant::phase), at::zeros({5}), 0));
  EXPECT_TRUE(
      tensors_close(angle_similarity(x, -x, AngleVariant::phase), at::full({5}, -pi, at::kDouble), 1e-15));
}

TEST(AngleSimilarity, StaysInItsRange) {
  const Tensor x = random_tensor({20000, 4}, 1), y = random_tensor({20000, 4}, 2);
  const auto expect_range = [&](AngleVariant variant, double low, double high) {
    const Tensor scores = angle_similarity(x, y, variant);
    EXPECT_GE(scores.min().item<double>(), low);
    EXPECT_LT(scores.min().item<double>(), low + 0.05) << "the range is used";
    EXPECT_LE(scores.max().item<double>(), high + 1e-15);
    EXPECT_GT(scores.max().item<double>(), high - 0.05) << "the range is used";
  };
  expect_range(AngleVariant::angle_emb, 0, std::numbers::sqrt2);
  expect_range(AngleVariant::hermitian, 0, 1);
  expect_range(AngleVariant::phase, -pi, 0);
}

TEST(AngleSimilarity, SwapsSidesSymmetricallyInTwoVariants) {
  const Tensor x = random_tensor({50, 8}, 1), y = random_tensor({50, 8}, 2);
  for (const auto variant : {AngleVariant::hermitian, AngleVariant::phase}) {
    EXPECT_TRUE(tensors_close(angle_similarity(x, y, variant), angle_similarity(y, x, variant), 1e-12));
  }
  EXPECT_GT((angle_similarity(x, y) - angle_similarity(y, x)).abs().mean().item<double>(), 0.1);
}

TEST(AngleSimilarity, IsInvariantToPositiveScaling) {
  const Tensor x = random_tensor({50, 8}, 1), y = random_tensor({50, 8}, 2);
  for (const auto variant : kVariants) {
    const Tensor scores = angle_similarity(x, y, variant);
    EXPECT_TRUE(tensors_close(angle_similarity(x * 7.3, y, variant), scores, 1e-12));
    EXPECT_TRUE(tensors_close(angle_similarity(x, y * 1e-9, variant), scores, 1e-12));
  }
}

TEST(AngleSimilarity, HasGradientsOfTheDocumentedLength) {
  const Tensor x = random_tensor({50, 8}, 1), y = random_tensor({50, 8}, 2);
  const Tensor length = x.norm(2, 1), modulus = angle_similarity(x, y, AngleVariant::hermitian);
  const auto expect = [&](AngleVariant variant, const Tensor& expected) {
    EXPECT_TRUE(tensors_close(gradient_by_left(x, y, variant).norm(2, 1), expected / length, 1e-10));
  };
  expect(AngleVariant::angle_emb, (2 - angle_similarity(x, y).square()).sqrt());
  expect(AngleVariant::hermitian, (1 - modulus.square()).sqrt());
  expect(AngleVariant::phase, modulus.reciprocal());
}

TEST(AngleSimilarity, StillHasAGradientWhereTheCosineSaturates) {
  const Tensor x = random_tensor({5, 8});
  const auto cosine =
      gradients([&](const auto& in) { return angle::cosine_similarity(in[0], x).sum(); }, {x})[0];
  EXPECT_TRUE(tensors_close(cosine, at::zeros_like(x), 1e-15));
  EXPECT_TRUE(tensors_close(gradient_by_left(x, x, AngleVariant::hermitian), at::zeros_like(x), 1e-15));
  EXPECT_TRUE(tensors_close(gradient_by_left(x, x, AngleVariant::angle_emb).norm(2, 1),
                            x.norm(2, 1).reciprocal(), 1e-12));
}

TEST(CosineSimilarity, HasTheGradientOfCentralDifferences) {
  for (const auto variant : kCosineVariants) {
    expect_gradients(
        [&](const auto& in) { return (angle::cosine_similarity(in[0], in[1], variant) * in[2]).sum(); },
        {random_tensor({6, 7}, 1), random_tensor({6, 7}, 2), random_tensor({6}, 3)});
  }
}

TEST(AngleSimilarity, HasTheGradientOfCentralDifferences) {
  for (const auto variant : kVariants) {
    expect_gradients([&](const auto& in) { return (angle_similarity(in[0], in[1], variant) * in[2]).sum(); },
                     {random_tensor({6, 8}, 1), random_tensor({6, 8}, 2), random_tensor({6}, 3)});
  }
}

TEST(AngleSimilarity, HasGradientZeroAtItsKinks) {
  const Tensor x = row({1, 0}), none = at::zeros({1, 2});
  EXPECT_TRUE(tensors_close(angle_similarity(x, row({1, 1})), at::zeros({1}), 0));  // Re h = −Im h
  EXPECT_TRUE(tensors_close(gradient_by_left(x, row({1, 1}), AngleVariant::angle_emb), none, 0));
  EXPECT_TRUE(tensors_close(gradient_by_left(x, x, AngleVariant::phase), none, 0));
  EXPECT_TRUE(tensors_close(gradient_by_left(x, -x, AngleVariant::phase), none, 0));

  const Tensor left = row({1, 0, 0, 0}), orthogonal = row({0, 1, 0, 0});  // h = 0 without a zero row
  EXPECT_TRUE(
      tensors_close(gradient_by_left(left, orthogonal, AngleVariant::hermitian), at::zeros({1, 4}), 0));
  EXPECT_TRUE(tensors_close(gradient_by_left(left, orthogonal, AngleVariant::phase), at::zeros({1, 4}), 0));
  EXPECT_TRUE(tensors_close(angle_similarity(left, orthogonal, AngleVariant::phase),
                            at::full({1}, -pi / 2, at::kDouble), 0));
}

TEST(AngleSimilarity, KeepsThePhaseGradientBoundedWhereThePhaseFades) {
  for (const double closeness : {1e-2, 1e-3, 1e-5, 1e-12, 1e-100}) {
    const Tensor left = row({1, 0, 0, 0}), right = row({closeness, 1, closeness / 2, 0});
    const auto length = gradient_by_left(left, right, AngleVariant::phase).norm().item<double>();
    EXPECT_LE(length, 1000.001) << closeness;
    EXPECT_GT(length, 0) << closeness;
  }
}

TEST(Similarity, GivesZeroRowsADefinedScoreAndNoGradient) {
  const Tensor x = random_tensor({4, 8}, 1), y = random_tensor({4, 8}, 2);
  x[1].zero_();
  y[2].zero_();
  y[3].copy_(at::full({8}, -0.0));
  x[3].zero_();
  const auto check = [&](const auto& similarity, double at_zero) {
    for (const auto type : {at::kDouble, at::kFloat, at::kBFloat16}) {
      const Tensor left = x.to(type), right = y.to(type);
      const Tensor scores = similarity(left, right);
      EXPECT_TRUE(tensors_close(scores.slice(0, 1), at::full({3}, at_zero), 1e-7));
      EXPECT_TRUE(
          tensors_close(scores.slice(0, 0, 1), similarity(left.slice(0, 0, 1), right.slice(0, 0, 1)), 0));
      for (const auto& gradient :
           gradients([&](const auto& in) { return similarity(in[0], in[1]).sum(); }, {left, right})) {
        EXPECT_TRUE(tensors_close(gradient.slice(0, 1), at::zeros({3, 8}), 0));
        EXPECT_NE(gradient[0].norm().template item<double>(), 0);
        EXPECT_TRUE(all_finite(gradient));
      }
    }
  };
  check([](const Tensor& l, const Tensor& r) { return angle::cosine_similarity(l, r); }, 0);
  check(
      [](const Tensor& l, const Tensor& r) { return angle::cosine_similarity(l, r, CosineVariant::arccos); },
      0);
  check([](const Tensor& l, const Tensor& r) { return angle_similarity(l, r, AngleVariant::angle_emb); }, 0);
  check([](const Tensor& l, const Tensor& r) { return angle_similarity(l, r, AngleVariant::hermitian); }, 0);
  check([](const Tensor& l, const Tensor& r) { return angle_similarity(l, r, AngleVariant::phase); },
        -pi / 2);
}

TEST(Similarity, TakesVectorsOfAnyLength) {
  const Tensor x = random_tensor({10, 8}, 1), y = random_tensor({10, 8}, 2);
  const auto check = [&](at::ScalarType type, double factor, double tolerance) {
    const Tensor scaled = (x * factor).to(type), other = (y * factor).to(type);
    EXPECT_TRUE(
        tensors_close(angle::cosine_similarity(scaled, other), angle::cosine_similarity(x, y), tolerance))
        << factor;
    EXPECT_TRUE(tensors_close(angle::cosine_similarity(scaled, other, CosineVariant::arccos),
                              angle::cosine_similarity(x, y, CosineVariant::arccos), tolerance))
        << factor;
    EXPECT_TRUE(tensors_close(angle_similarity(scaled, other), angle_similarity(x, y), tolerance)) << factor;
    const Tensor gradient = gradient_by_left(scaled, other, AngleVariant::angle_emb).to(at::kDouble) * factor;
    EXPECT_TRUE(tensors_close(gradient, gradient_by_left(x, y, AngleVariant::angle_emb), 10 * tolerance))
        << factor;
  };
  for (const double factor : {1e-30, 1e-20, 1., 1e20, 1e37}) check(at::kFloat, factor, 5e-7);
  for (const double factor : {1e-300, 1e-160, 1., 1e160, 1e300}) check(at::kDouble, factor, 1e-13);
}

TEST(Similarity, IsComputedInFloat32ForBfloat16) {
  const Tensor x = random_tensor({20, 64}, 1).to(at::kBFloat16),
               y = random_tensor({20, 64}, 2).to(at::kBFloat16);
  for (const auto variant : kCosineVariants) {
    const Tensor scores = angle::cosine_similarity(x, y, variant);
    EXPECT_EQ(scores.scalar_type(), at::kFloat);
    EXPECT_TRUE(
        tensors_close(scores, angle::cosine_similarity(x.to(at::kDouble), y.to(at::kDouble), variant), 3e-6));
  }
  for (const auto variant : kVariants) {
    const Tensor scores = angle_similarity(x, y, variant);
    EXPECT_EQ(scores.scalar_type(), at::kFloat);
    EXPECT_TRUE(tensors_close(scores, angle_similarity(x.to(at::kDouble), y.to(at::kDouble), variant), 3e-6));
  }
  EXPECT_EQ(gradient_by_left(x, y, AngleVariant::angle_emb).scalar_type(), at::kBFloat16);
}

TEST(NormalizeRows, GivesRowsOfLengthOneAndLeavesZeroRows) {
  const Tensor x = random_tensor({5, 3});
  x[2].zero_();
  const Tensor expected = x / x.norm(2, 1, true).clamp_min(1e-12);
  EXPECT_TRUE(tensors_close(normalize_rows(x), expected, 1e-15));
  EXPECT_TRUE(tensors_close(zero_rows(x), at::tensor({0, 0, 1, 0, 0}), 0));
}

TEST(NormalizeRows, TakesNumbersTooSmallToDivideByForZero) {
  const Tensor x = at::full({1, 4}, 1e-310, at::kDouble);
  EXPECT_TRUE(zero_rows(x).item<bool>());
  EXPECT_TRUE(all_finite(gradients([&](const auto& in) { return normalize_rows(in[0]).sum(); }, {x})[0]));
}

TEST(AngleSimilarity, RefusesAnOddHiddenSize) {
  try {
    angle_similarity(at::ones({2, 33}), at::ones({2, 33}));
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("hidden size 33 is odd"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("real and imaginary parts"));
  }
}

TEST(Similarity, RefusesSidesOfDifferentShape) {
  EXPECT_THROW(angle::cosine_similarity(at::ones({2, 4}), at::ones({3, 4})), c10::Error);
  EXPECT_THROW(angle_similarity(at::ones({2, 4}), at::ones({2, 6})), c10::Error);
  EXPECT_THROW(angle_similarity(at::ones({4}), at::ones({4})), c10::Error);
}

}  // namespace
}  // namespace angle
