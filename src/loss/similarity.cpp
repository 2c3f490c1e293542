#include "angle/loss/similarity.h"

#include <limits>
#include <numbers>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loss/sides.h"

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The phase of a number this close to 0 is noise, and its gradient would drown all others.
constexpr double kSmallestModulus = 1e-3;

/// bfloat16 and half have too few digits for norms and dot products.
Tensor at_least_float32(const Tensor& values) {
  return values.scalar_type() == at::kDouble ? values : values.to(at::kFloat);
}

/// Entries below this are zero: far enough above the smallest number that its reciprocal times a gradient is
/// finite.
double smallest_entry(at::ScalarType type) {
  constexpr double kMargin = 1 << 20;
  return kMargin * (type == at::kDouble ? std::numeric_limits<double>::min()
                                        : double{std::numeric_limits<float>::min()});
}

/// 1 − 2θ/π with θ = 2·atan2(‖x̂ − ŷ‖, ‖x̂ + ŷ‖) (W. Kahan): the arccosine of a rounded cosine would lose half
/// of the digits of a small angle, and its gradient is infinite at 0. In float64, for the sake of the
/// difference of two rows that are nearly the same.
Tensor arccos_similarity(const Tensor& left, const Tensor& right) {
  const Tensor no_angle = zero_rows(left).logical_or(zero_rows(right));  // [pairs]
  const Tensor x = normalize_rows(left.to(at::kDouble)), y = normalize_rows(right.to(at::kDouble));
  const Tensor difference = at::linalg_vector_norm(x - y, 2, 1);  // [pairs]
  const Tensor sum = at::linalg_vector_norm(x + y, 2, 1).masked_fill(no_angle, 1);
  const Tensor angle = 2 * at::atan2(difference, sum);
  const Tensor score = (1 - angle * (2 / std::numbers::pi)).masked_fill(no_angle, 0);
  return left.scalar_type() == at::kDouble ? score : score.to(at::kFloat);
}

/// −|arg(re + i·im)|. Written out because the gradient of at::atan2 is NaN at 0.
struct NegativePhase : torch::autograd::Function<NegativePhase> {
  static Tensor forward(AutogradContext* context, const Tensor& re, const Tensor& im) {
    context->save_for_backward({re, im});
    const Tensor no_phase = (re == 0).logical_and(im == 0);
    return at::atan2(im, re).abs().neg().masked_fill(no_phase, -std::numbers::pi / 2);
  }

  /// ∂arg = (re·∂im − im·∂re) / |h|². The sign is that of im, which is 0 at both kinks, 0 and π.
  static variable_list backward(AutogradContext* context, const variable_list& grad_scores) {
    const auto saved = context->get_saved_variables();
    const Tensor &re = saved[0], &im = saved[1];
    const Tensor square = (re.square() + im.square()).clamp_min(kSmallestModulus * kSmallestModulus);
    const Tensor grad_phase = -grad_scores[0] * im.sign() / square;
    return {-grad_phase * im, grad_phase * re};
  }
};

}  // namespace

Tensor zero_rows(const Tensor& embeddings) {
  const Tensor values = at_least_float32(embeddings.detach());
  return values.abs().amax(1) < smallest_entry(values.scalar_type());
}

Tensor normalize_rows(const Tensor& embeddings) {
  const Tensor values = at_least_float32(embeddings);
  const Tensor no_direction = zero_rows(values).unsqueeze(1);                               // [rows, 1]
  const Tensor largest = values.detach().abs().amax(1, true).masked_fill(no_direction, 1);  // [rows, 1]

  // Divided by its largest entry, a row has a length between 1 and √hidden: squares cannot leave the range of
  // the type. The direction does not depend on that divisor, so it needs no gradient.
  const Tensor scaled = (values / largest).masked_fill(no_direction, 0);
  const Tensor length = at::linalg_vector_norm(scaled, 2, 1, true).masked_fill(no_direction, 1);
  return scaled / length;
}

Tensor cosine_similarity(const Tensor& left, const Tensor& right, CosineVariant variant) {
  check_sides("cosine_similarity", left, right);
  switch (variant) {
    case CosineVariant::cosine:
      return (normalize_rows(left) * normalize_rows(right)).sum(1);
    case CosineVariant::arccos:
      return arccos_similarity(left, right);
    case CosineVariant::dot:
      return (at_least_float32(left) * at_least_float32(right)).sum(1);
  }
  TORCH_CHECK(false, "cosine_similarity: no such variant");
}

Tensor angle_similarity(const Tensor& left, const Tensor& right, AngleVariant variant) {
  check_sides("angle_similarity", left, right);
  TORCH_CHECK(left.size(1) % 2 == 0, "angle_similarity: hidden size ", left.size(1),
              " is odd; the halves of an embedding are real and imaginary parts, so it must be even");
  const auto z = normalize_rows(left).chunk(2, 1);
  const auto w = normalize_rows(right).chunk(2, 1);
  const Tensor &a = z[0], &b = z[1], &c = w[0], &d = w[1];  // [pairs, hidden / 2]

  const Tensor re = (a * c + b * d).sum(1);  // [pairs]
  const Tensor im = (b * c - a * d).sum(1);  // [pairs]
  switch (variant) {
    case AngleVariant::angle_emb:
      return (re + im).abs();
    case AngleVariant::hermitian:
      return at::linalg_vector_norm(at::stack({re, im}), 2, 0);
    case AngleVariant::phase:
      return NegativePhase::apply(re, im);
  }
  TORCH_CHECK(false, "angle_similarity: no such variant");
}

}  // namespace angle
