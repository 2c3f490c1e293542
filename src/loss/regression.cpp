#include "angle/loss/regression.h"

#include <ATen/ATen.h>

namespace angle {

Tensor regression_loss(const Tensor& scores, const Tensor& labels, double lowest, double highest) {
  TORCH_CHECK(scores.dim() == 1 && scores.sizes() == labels.sizes(), "regression_loss: scores ",
              scores.sizes(), " and labels ", labels.sizes(), " must both be [pairs]");
  TORCH_CHECK(lowest < highest, "regression_loss: labels from ", lowest, " to ", highest, " are no scale");
  if (scores.size(0) == 0) return scores.sum();
  const Tensor targets = ((labels.detach() - lowest) / (highest - lowest)).to(scores.scalar_type());
  return (scores - targets).square().mean();
}

}  // namespace angle
