// Cosine and angle similarities where they are hard (docs/stability.md), against closed forms in extended
// precision:
//  - values and gradients are exact to rounding for pairs from far apart to equal and opposite, and for
//    rows of any length, in float64, float32 and bfloat16 (computed in float32, gradients rounded)
//  - nothing is ever NaN or infinite, at kinks, at fading h and at zero rows either
#include <cmath>

#include <gtest/gtest.h>

#include "angle/loss/similarity.h"

#include "loss/exact_similarity.h"
#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

constexpr int64_t kRows = 8, kDims = 32;

struct Similarity {
  ExactSimilarity exact;
  const char* name;
  Tensor operator()(const Tensor& left, const Tensor& right) const {
    switch (exact) {
      case ExactSimilarity::angle_emb:
        return angle_similarity(left, right, AngleVariant::angle_emb);
      case ExactSimilarity::hermitian:
        return angle_similarity(left, right, AngleVariant::hermitian);
      case ExactSimilarity::phase:
        return angle_similarity(left, right, AngleVariant::phase);
      default:
        return angle::cosine_similarity(left, right);
    }
  }
};

constexpr Similarity kSimilarities[] = {{ExactSimilarity::cosine, "cosine"},
                                        {ExactSimilarity::angle_emb, "angle_emb"},
                                        {ExactSimilarity::hermitian, "hermitian"},
                                        {ExactSimilarity::phase, "phase"}};

struct Format {
  at::ScalarType type;
  double tolerance;           // of scores
  double gradient_tolerance;  // by the direction of the left row
};

constexpr Format kFormats[] = {
    {at::kDouble, 2e-15, 5e-15}, {at::kFloat, 1e-6, 2e-6}, {at::kBFloat16, 1e-6, 1e-2}};

std::vector<double> row_of(const Tensor& rows, int64_t i) {
  const Tensor values = rows[i].to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

struct Evaluated {
  Tensor scores, gradient;
};

Evaluated evaluate(const Similarity& similarity, const Tensor& left, const Tensor& right) {
  const auto sum = [&](const auto& in) { return similarity(in[0], right).sum(); };
  return {similarity(left, right), gradients(sum, {left})[0]};
}

void expect_exact(const Tensor& left, const Tensor& right, const std::string& what) {
  for (const Format& format : kFormats) {
    const Tensor x = left.to(format.type), y = right.to(format.type);
    for (const Similarity& similarity : kSimilarities) {
      const auto [scores, gradient] = evaluate(similarity, x, y);
      for (int64_t i = 0; i < kRows; ++i) {
        const ExactScore exact = exact_similarity(row_of(x, i), row_of(y, i), similarity.exact);
        const std::vector<double> found = row_of(gradient, i);
        Exact error = 0;
        for (size_t k = 0; k < found.size(); ++k)
          error = std::hypot(error, found[k] * exact.left_length - exact.gradient[k]);
        const std::string where =
            std::string(similarity.name) + ", " + at::toString(format.type) + ", " + what;
        EXPECT_NEAR(scores[i].item<double>(), static_cast<double>(exact.score), format.tolerance) << where;
        EXPECT_LE(static_cast<double>(error), format.gradient_tolerance) << where;
      }
    }
  }
}

void expect_finite(const Tensor& left, const Tensor& right) {
  for (const Format& format : kFormats) {
    for (const Similarity& similarity : kSimilarities) {
      const auto [scores, gradient] = evaluate(similarity, left.to(format.type), right.to(format.type));
      EXPECT_TRUE(all_finite(scores)) << similarity.name;
      EXPECT_TRUE(all_finite(gradient)) << similarity.name;
    }
  }
}

Tensor unit_rows(uint64_t seed) { return normalize_rows(random_tensor({kRows, kDims}, seed)); }

/// The complex row times e^{i·turn}.
Tensor turned(const Tensor& rows, double turn) {
  const auto halves = rows.chunk(2, 1);
  return std::cos(turn) * rows + std::sin(turn) * at::cat({-halves[1], halves[0]}, 1);
}

TEST(Stability, IsExactFromPairsFarApartToPairsAlmostEqualAndOpposite) {
  const Tensor x = unit_rows(1), across = unit_rows(2);
  // Not by less: the phase has a kink at equal pairs, and float32 does not tell on which side of it they are.
  for (const double distance : {1., 1e-1, 1e-2, 1e-3}) {
    expect_exact(x, turned(x, -distance) + 0.1 * distance * across, "near " + std::to_string(distance));
    expect_exact(x, -turned(x, -distance), "opposite " + std::to_string(distance));
  }
}

TEST(Stability, IsExactForRowsOfAnyLength) {
  const Tensor x = unit_rows(1), y = x + 1.5 * unit_rows(2);
  for (const double length : {1e-30, 1e-20, 1e-12, 1e-8, 1e-4, 1e4, 1e20, 1e30}) {
    expect_exact(x * length, y * length, "length " + std::to_string(length));
    expect_exact(x * length, y, "left of length " + std::to_string(length));
  }
}

TEST(Stability, IsFiniteAtKinksAtFadingPhasesAndAtZeroRows) {
  const Tensor x = unit_rows(1);
  const auto halves = x.chunk(2, 1);
  const Tensor times_i = at::cat({-halves[1], halves[0]}, 1);
  Tensor orthogonal = unit_rows(2);
  for (const Tensor& direction : {x, times_i})
    orthogonal = orthogonal - (orthogonal * direction).sum(1, true) * direction;
  for (const double distance : {0., 1e-320, 1e-38, 1e-30, 1e-16, 1e-8, 1e-4}) {
    expect_finite(x, x + distance);
    expect_finite(x, -x + distance);
    expect_finite(x, turned(x, std::atan(1.0) + distance));
    expect_finite(x, orthogonal + distance * x);
    expect_finite(x * distance, x * distance);
    expect_finite(x, distance * orthogonal);
  }
}

TEST(Stability, GivesPairsOfEqualRowsNoGradientButThatOfAngleEmb) {
  const Tensor x = unit_rows(1).to(at::kFloat);
  for (const Similarity& similarity : kSimilarities) {
    const auto length = evaluate(similarity, x, x).gradient.norm(2, 1).max().item<double>();
    EXPECT_NEAR(length, similarity.exact == ExactSimilarity::angle_emb ? 1 : 0, 1e-6) << similarity.name;
  }
}

}  // namespace
}  // namespace angle
