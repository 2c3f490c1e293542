// Measures how exact the similarities and their gradients are where they are hard: small angles, equal and
// opposite pairs, fading h, tiny and huge norms, zero rows; in three number formats; for several ways of
// handling each. docs/stability.md tells what was found.
//
//     cmake --build build/release --target stability_study && build/release/bench/stability_study > study.tsv
//
// One line for each format, similarity, handling, case and parameter, over kPairs random pairs of kHidden
// dimensions. Errors are against closed forms in extended precision on the rounded inputs; gradients are by
// the direction of the left row (times its length). Alternatives compute in the format itself, as a model
// does that is trained in it; ours is what loss/similarity.h makes of the same inputs.

#include <cmath>
#include <cstdio>
#include <functional>
#include <numbers>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/autograd.h>

#include "angle/loss/similarity.h"

#include "loss/exact_similarity.h"

namespace angle {
namespace {

using testing::Exact;
using testing::exact_similarity;
using testing::ExactScore;
using testing::ExactSimilarity;

constexpr int64_t kPairs = 16;
constexpr int64_t kHidden = 64;

struct Handling {
  ExactSimilarity similarity;
  const char* similarity_name;
  const char* name;
  std::function<Tensor(const Tensor&, const Tensor&)> score;
};

Tensor length(const Tensor& rows) { return at::linalg_vector_norm(rows, 2, 1, true); }

/// Rows of length 1 without a guard, and with PyTorch's (F.normalize, eps 1e-12).
Tensor divided(const Tensor& rows) { return rows / length(rows); }
Tensor clipped(const Tensor& rows) { return rows / length(rows).clamp_min(1e-12); }

struct Complex {
  Tensor re, im;  // [pairs]
};

Complex inner_product(const Tensor& x, const Tensor& y) {
  const auto z = x.chunk(2, 1), w = y.chunk(2, 1);
  return {(z[0] * w[0] + z[1] * w[1]).sum(1), (z[1] * w[0] - z[0] * w[1]).sum(1)};
}

/// The official code's order of operations: z·conj(w) by the square of ‖w‖, then by ‖z‖/‖w‖.
Tensor official_angle(const Tensor& x, const Tensor& y) {
  const auto z = x.chunk(2, 1), w = y.chunk(2, 1);
  const Tensor square = (w[0] * w[0] + w[1] * w[1]).sum(1, true);
  const Tensor re = (z[0] * w[0] + z[1] * w[1]) / square, im = (z[1] * w[0] - z[0] * w[1]) / square;
  const Tensor ratio = (z[0] * z[0] + z[1] * z[1]).sum(1, true).sqrt() / square.sqrt();
  return at::cat({re / ratio, im / ratio}, 1).sum(1).abs();
}

/// The angle between real vectors, out of a score that falls with it from 1 to −1.
Tensor arc(const Tensor& x, const Tensor& y) {
  return (angle::cosine_similarity(x, y, CosineVariant::arccos) - 1) * (std::numbers::pi / 2);
}

Tensor cosine(const Tensor& x, const Tensor& y) { return (divided(x) * divided(y)).sum(1); }
Tensor clip_cosine(const Tensor& cosine, double eps) { return cosine.clamp(-1 + eps, 1 - eps); }

/// −acos(Re h / |h|)
Tensor phase_by_acos(const Tensor& x, const Tensor& y, double eps) {
  const auto h = inner_product(divided(x), divided(y));
  return -at::acos(clip_cosine(h.re / (h.re.square() + h.im.square()).sqrt(), eps));
}

std::vector<Handling> handlings() {
  using S = ExactSimilarity;
  const auto ours = [](AngleVariant variant) {
    return [variant](const Tensor& x, const Tensor& y) { return angle_similarity(x, y, variant); };
  };
  return {
      {S::cosine, "cosine", "ours",
       [](const Tensor& x, const Tensor& y) { return angle::cosine_similarity(x, y); }},
      {S::cosine, "cosine", "none", cosine},
      {S::cosine, "cosine", "norm clipped at 1e-12",
       [](const Tensor& x, const Tensor& y) { return (clipped(x) * clipped(y)).sum(1); }},
      {S::cosine, "cosine", "at::cosine_similarity, 1e-8",
       [](const Tensor& x, const Tensor& y) { return at::cosine_similarity(x, y, 1, 1e-8); }},

      {S::angle_emb, "angle_emb", "ours", ours(AngleVariant::angle_emb)},
      {S::angle_emb, "angle_emb", "none (official code)", official_angle},
      {S::angle_emb, "angle_emb", "norm clipped at 1e-12",
       [](const Tensor& x, const Tensor& y) {
         const auto h = inner_product(clipped(x), clipped(y));
         return (h.re + h.im).abs();
       }},

      {S::hermitian, "hermitian", "ours", ours(AngleVariant::hermitian)},
      {S::hermitian, "hermitian", "none",
       [](const Tensor& x, const Tensor& y) {
         const auto h = inner_product(divided(x), divided(y));
         return (h.re.square() + h.im.square()).sqrt();
       }},
      {S::hermitian, "hermitian", "sqrt(|h|² + 1e-8)",
       [](const Tensor& x, const Tensor& y) {
         const auto h = inner_product(clipped(x), clipped(y));
         return (h.re.square() + h.im.square() + 1e-8).sqrt();
       }},

      {S::phase, "phase", "ours", ours(AngleVariant::phase)},
      {S::phase, "phase", "none (atan2)",
       [](const Tensor& x, const Tensor& y) {
         const auto h = inner_product(divided(x), divided(y));
         return -at::atan2(h.im, h.re).abs();
       }},
      {S::phase, "phase", "acos", [](const Tensor& x, const Tensor& y) { return phase_by_acos(x, y, 0); }},
      {S::phase, "phase", "acos clipped at 1e-6",
       [](const Tensor& x, const Tensor& y) { return phase_by_acos(x, y, 1e-6); }},

      {S::arc, "arc", "ours", arc},
      {S::arc, "arc", "acos", [](const Tensor& x, const Tensor& y) { return -at::acos(cosine(x, y)); }},
      {S::arc, "arc", "acos clipped at 1e-6",
       [](const Tensor& x, const Tensor& y) { return -at::acos(clip_cosine(cosine(x, y), 1e-6)); }},
  };
}

/// Pairs that are hard in one way, float64.
struct Case {
  const char* name;
  double parameter;
  Tensor left, right;  // [pairs, hidden]
};

Tensor random_rows(uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn({kPairs, kHidden}, generator, at::kDouble);
}

Tensor times_i(const Tensor& rows) {
  const auto halves = rows.chunk(2, 1);
  return at::cat({-halves[1], halves[0]}, 1);
}

/// Without the parts along unit rows that are orthogonal to each other.
Tensor orthogonal_to(Tensor rows, const std::vector<Tensor>& directions) {
  for (int pass = 0; pass < 2; ++pass)
    for (const Tensor& direction : directions) rows = rows - (rows * direction).sum(1, true) * direction;
  return divided(rows);
}

std::vector<Case> cases() {
  const Tensor x = random_rows(1), u = divided(x), across = orthogonal_to(random_rows(2), {u});
  const Tensor orthogonal = orthogonal_to(random_rows(3), {u, times_i(u)});
  std::vector<Case> all;
  for (const double turn : {0., 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.}) {
    const Tensor y = std::cos(turn) * u + std::sin(turn) * across;
    all.push_back({"angle", turn, x, y});
    all.push_back({"opposite", turn, x, -y});
    all.push_back({"phase", turn, x, std::cos(turn) * u - std::sin(turn) * times_i(u)});
    all.push_back({"fading", turn, x, orthogonal + turn * (0.6 * u + 0.8 * times_i(u))});
    const double kink = std::atan(1.0) + turn;
    all.push_back({"score 0", turn, x, std::cos(kink) * u + std::sin(kink) * times_i(u)});
  }
  const Tensor other = u + 1.5 * across;
  for (const double norm : {1e-300, 1e-160, 1e-38, 1e-30, 1e-24, 1e-20, 1e-16, 1e-12, 1e-8, 1e-4, 1., 1e4,
                            1e8, 1e12, 1e16, 1e20, 1e30, 1e160, 1e300}) {
    all.push_back({"norm", norm, u * norm, divided(other) * norm});
    all.push_back({"norm of one", norm, u * norm, other});
  }
  all.push_back({"zero left", 0, at::zeros_like(x), other});
  all.push_back({"zero right", 0, x, at::zeros_like(x)});
  return all;
}

/// The worst over the pairs of a case.
struct Measurement {
  Exact score_error = 0, gradient_error = 0, relative_error = 0, exact_length = 0, found_length = 0;
  int64_t not_finite_scores = 0, not_finite_gradients = 0;
};

std::vector<double> row(const Tensor& rows, int64_t i) {
  const Tensor values = rows[i].detach().to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

void add(Measurement& worst, const ExactScore& exact, double score, const std::vector<double>& gradient) {
  if (!std::isfinite(score)) ++worst.not_finite_scores;
  Exact error = 0, found = 0;
  for (size_t i = 0; i < gradient.size(); ++i) {
    const Exact value = exact.left_length > 0 ? gradient[i] * exact.left_length : Exact{gradient[i]};
    error = std::hypot(error, value - exact.gradient[i]);
    found = std::hypot(found, value);
  }
  const Exact length = std::sqrt(testing::dot(exact.gradient, exact.gradient));
  worst.exact_length = std::max(worst.exact_length, length);
  if (std::isfinite(score)) worst.score_error = std::max(worst.score_error, std::abs(score - exact.score));
  if (!std::isfinite(error)) {
    ++worst.not_finite_gradients;
    return;
  }
  worst.found_length = std::max(worst.found_length, found);
  worst.gradient_error = std::max(worst.gradient_error, error);
  if (length > 1e-15L) worst.relative_error = std::max(worst.relative_error, error / length);
}

Measurement measure(const Handling& handling, const Tensor& left, const Tensor& right) {
  const Tensor x = left.clone().requires_grad_(true);
  const Tensor scores = handling.score(x, right);
  const Tensor gradient = torch::autograd::grad({scores.sum()}, {x})[0];
  const std::vector<double> found = row(scores.unsqueeze(0), 0);
  Measurement worst;
  for (int64_t i = 0; i < kPairs; ++i)
    add(worst, exact_similarity(row(left, i), row(right, i), handling.similarity),
        found[static_cast<size_t>(i)], row(gradient, i));
  return worst;
}

void print(const char* format, const Handling& handling, const Case& hard, const Measurement& worst) {
  std::printf("%s\t%s\t%s\t%s\t%g\t%.3Lg\t%.3Lg\t%.3Lg\t%.3Lg\t%.3Lg\t%ld\t%ld\n", format,
              handling.similarity_name, handling.name, hard.name, hard.parameter, worst.score_error,
              worst.gradient_error, worst.relative_error, worst.exact_length, worst.found_length,
              static_cast<long>(worst.not_finite_scores), static_cast<long>(worst.not_finite_gradients));
}

/// Whether the rows can be written in the format at all.
bool fits(const Tensor& rows, at::ScalarType type) {
  const Tensor largest = rows.abs().amax(1);
  const Tensor rounded = rows.to(type).to(at::kDouble).abs().amax(1);
  return at::isfinite(rounded).all().item<bool>() && (rounded > 0).equal(largest > 0);
}

void study(const char* name, at::ScalarType type) {
  for (const Handling& handling : handlings())
    for (const Case& hard : cases())
      if (fits(hard.left, type) && fits(hard.right, type))
        print(name, handling, hard, measure(handling, hard.left.to(type), hard.right.to(type)));
}

}  // namespace
}  // namespace angle

int main() {
  std::puts(
      "format\tsimilarity\thandling\tcase\tparameter\tscore_error\tgradient_error\trelative_gradient_error\t"
      "exact_gradient\tfound_gradient\tnot_finite_scores\tnot_finite_gradients");
  angle::study("float64", at::kDouble);
  angle::study("float32", at::kFloat);
  angle::study("bfloat16", at::kBFloat16);
}
