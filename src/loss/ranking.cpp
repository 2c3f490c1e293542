#include "angle/loss/ranking.h"

#include <limits>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// log Σ_{t<k} exp(values_t) for k = 0 … N: [N] → [N + 1], beginning with log 0 = −∞.
Tensor log_prefix_sums(const Tensor& values) {
  const Tensor nothing = at::full({1}, -std::numeric_limits<double>::infinity(), values.options());
  return at::cat({nothing, values.logcumsumexp(0)});
}

/// log Σ_{t>=k} exp(values_t) for k = 0 … N: [N] → [N + 1], ending with log 0 = −∞.
Tensor log_suffix_sums(const Tensor& values) { return log_prefix_sums(values.flip(0)).flip(0); }

/// Where the run of equal labels around each of the ascending labels begins and ends.
struct Ties {
  Tensor begin;  // [pairs] int64
  Tensor end;    // [pairs] int64
};

Ties find_ties(const Tensor& sorted_labels) {
  const int64_t pairs = sorted_labels.size(0);
  const Tensor position = at::arange(1, pairs, sorted_labels.options().dtype(at::kLong));
  const Tensor new_run = sorted_labels.slice(0, 1) != sorted_labels.slice(0, 0, -1);  // [pairs - 1]
  const Tensor begins = at::cat({position.new_zeros({1}), at::where(new_run, position, 0)});
  const Tensor ends = at::cat({at::where(new_run, position, pairs), position.new_full({1}, pairs)});
  return {std::get<0>(begins.cummax(0)), std::get<0>(ends.flip(0).cummin(0)).flip(0)};
}

struct LossAndGradient {
  Tensor loss;      // []
  Tensor gradient;  // [pairs], with respect to the scaled scores
};

/// With the labels ascending, the labels below y_j are a prefix that ends where the ties of j begin, and
/// those above y_i a suffix that begins where the ties of i end:
///
///     A_j = log Σ_{y_i<y_j} e^{s_i}    B_i = log Σ_{y_j>y_i} e^{−s_j}    L = log(1 + Σ_j e^{A_j − s_j})
///     ∂L/∂s_k = e^{s_k + B_k − L} − e^{A_k − s_k − L}
///
/// Both terms of the gradient are sums of softmax weights, so they lie in [0, 1]. The prefixes are never
/// differentiated by autograd, which is wrong at their −∞.
///
/// @param scores  [pairs] float64, already multiplied by the scale
LossAndGradient rank(const Tensor& scores, const Tensor& labels) {
  const auto [sorted_labels, order] = labels.sort();
  const auto ties = find_ties(sorted_labels);
  const Tensor s = scores.index_select(0, order);

  const Tensor below = log_prefix_sums(s).index_select(0, ties.begin);  // A
  const Tensor above = log_suffix_sums(-s).index_select(0, ties.end);   // B
  const Tensor loss = at::cat({s.new_zeros({1}), below - s}).logsumexp(0);
  const Tensor sorted_gradient = (s + above - loss).exp() - (below - s - loss).exp();
  return {loss, at::empty_like(s).index_copy_(0, order, sorted_gradient)};
}

struct RankingLoss : torch::autograd::Function<RankingLoss> {
  static Tensor forward(AutogradContext* context, const Tensor& scores, const Tensor& labels, double scale) {
    const auto [loss, gradient] = rank(scores.to(at::kDouble) * scale, labels);
    context->save_for_backward({(gradient * scale).to(scores.scalar_type())});
    return scores.scalar_type() == at::kDouble ? loss : loss.to(at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_loss) {
    return {grad_loss[0] * context->get_saved_variables()[0], Tensor(), Tensor()};
  }
};

}  // namespace

Tensor ranking_loss(const Tensor& scores, const Tensor& labels, double scale) {
  TORCH_CHECK(scores.dim() == 1 && scores.sizes() == labels.sizes(), "ranking_loss: scores ", scores.sizes(),
              " and labels ", labels.sizes(), " must both be [pairs]");
  if (scores.size(0) == 0) return scores.sum();
  return RankingLoss::apply(scores, labels, scale);
}

}  // namespace angle
