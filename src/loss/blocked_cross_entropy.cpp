#include "loss/blocked_cross_entropy.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

SoftmaxRows slice(const SoftmaxRows& rows, int64_t begin, int64_t end) {
  const auto part = [&](const Tensor& tensor) {
    return tensor.defined() ? tensor.slice(0, begin, end) : tensor;
  };
  SoftmaxRows block = rows;
  block.target = part(rows.target);
  block.self = part(rows.self);
  block.weight = part(rows.weight);
  block.duplicates.anchor_ids = part(rows.duplicates.anchor_ids);
  return block;
}

/// Candidates with the text of the anchor or of its positive, other than these two: [block, candidates] bool.
Tensor find_copies(const SoftmaxRows& rows) {
  const Tensor candidate_ids = rows.duplicates.candidate_ids.unsqueeze(0);  // [1, candidates]
  const Tensor positive_ids =
      rows.duplicates.candidate_ids.index_select(0, rows.target).unsqueeze(1);  // [block, 1]
  Tensor copies =
      (candidate_ids == rows.duplicates.anchor_ids.unsqueeze(1)).logical_or_(candidate_ids == positive_ids);
  copies.scatter_(1, rows.target.unsqueeze(1), false);
  if (rows.self.defined()) copies.scatter_(1, rows.self.unsqueeze(1), false);
  return copies;
}

struct RowLosses {
  Tensor losses;    // [block]
  Tensor gradient;  // [block, candidates]: of each row's loss by its logits
};

/// −mean over targets of log softmax(logits); its gradient is softmax(logits) less the share of each target.
///
/// @param logits  [block, candidates], overwritten
RowLosses cross_entropy(Tensor&& logits, const SoftmaxRows& rows) {
  const Tensor target = rows.target.unsqueeze(1);  // [block, 1]
  if (rows.self.defined()) logits.scatter_(1, rows.self.unsqueeze(1), kMinusInfinity);
  if (rows.duplicates.policy == DuplicatePolicy::mask) logits.masked_fill_(find_copies(rows), kMinusInfinity);
  Tensor log_softmax = logits.log_softmax(1);  // [block, candidates]

  if (rows.duplicates.policy == DuplicatePolicy::positive) {
    const Tensor is_target = find_copies(rows).scatter_(1, target, true);
    const Tensor shares = is_target / is_target.sum(1, true).to(logits.scalar_type());
    const Tensor losses = -log_softmax.masked_fill(is_target.logical_not(), 0).mul_(shares).sum(1);
    return {losses, log_softmax.exp_().sub_(shares)};
  }
  const Tensor losses = -log_softmax.gather(1, target).squeeze(1);
  return {losses, log_softmax.exp_().scatter_add_(1, target, at::full_like(target, -1, logits.options()))};
}

struct BlockedCrossEntropy : torch::autograd::Function<BlockedCrossEntropy> {
  static Tensor forward(AutogradContext* context, const Tensor& anchors, const Tensor& candidates,
                        const SoftmaxRows& rows, double scale, int64_t scores_per_block) {
    Tensor loss = at::zeros({}, anchors.options().dtype(at::kDouble));
    Tensor grad_anchors = at::empty_like(anchors);
    Tensor grad_candidates = at::zeros_like(candidates);

    const int64_t block_size =
        std::max<int64_t>(1, scores_per_block / std::max<int64_t>(1, candidates.size(0)));
    for (int64_t begin = 0; begin < anchors.size(0); begin += block_size) {
      const int64_t end = std::min(begin + block_size, anchors.size(0));
      const SoftmaxRows block = slice(rows, begin, end);
      const Tensor scaled = anchors.slice(0, begin, end) * scale;  // [block, hidden]
      const auto [losses, gradient] = cross_entropy(scaled.matmul(candidates.t()), block);

      loss += (losses * block.weight).sum();
      const Tensor weight = block.weight.to(anchors.scalar_type()).unsqueeze(1);  // [block, 1]
      grad_anchors.slice(0, begin, end).copy_(gradient.matmul(candidates) * (weight * scale));
      grad_candidates.addmm_(gradient.t(), scaled * weight);
    }
    context->save_for_backward({grad_anchors, grad_candidates});
    return loss.to(anchors.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_loss) {
    const auto saved = context->get_saved_variables();
    return {grad_loss[0] * saved[0], grad_loss[0] * saved[1], Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor blocked_cross_entropy(const Tensor& anchors, const Tensor& candidates, const SoftmaxRows& rows,
                             double scale, int64_t scores_per_block) {
  return BlockedCrossEntropy::apply(anchors, candidates, rows, scale, scores_per_block);
}

}  // namespace angle
