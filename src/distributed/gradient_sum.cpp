#include "angle/distributed/gradient_sum.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/accumulate.h>

namespace angle {
namespace {

/// Writes the gradients of this process to where they are summed.
void collect(const std::vector<Tensor>& leaves, const std::vector<Tensor>& sums, const Tensor& present) {
  std::vector<float> found;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Tensor& gradient = leaves[i].grad();
    found.push_back(gradient.defined() ? 1 : 0);
    gradient.defined() ? sums[i].copy_(gradient) : sums[i].zero_();
  }
  present.copy_(at::tensor(found));
}

/// Makes the sums the gradients of the leaves.
void hand_out(const std::vector<Tensor>& leaves, const std::vector<Tensor>& sums, const Tensor& present) {
  const Tensor found = present.cpu();  // for this a GPU is waited for
  for (size_t i = 0; i < leaves.size(); ++i)
    leaves[i].mutable_grad() = found[static_cast<int64_t>(i)].item<double>() == 0 ? Tensor() : sums[i];
}

}  // namespace

void GradientSum::reduce(const std::vector<Tensor>& leaves) {
  if (group_.size() == 1) return;
  const at::NoGradGuard no_grad;
  const Layout sums = lay_out(leaves);
  collect(leaves, sums.gradients, sums.present);
  group_.sum(sums.all);
  hand_out(leaves, sums.gradients, sums.present);
}

GradientSum::Layout GradientSum::lay_out(const std::vector<Tensor>& leaves) {
  std::vector<int64_t> sizes;
  for (const Tensor& leaf : leaves) sizes.push_back(leaf.numel());
  sizes.push_back(static_cast<int64_t>(leaves.size()));
  const int64_t elements = c10::sum_integers(sizes);
  if (!buffer_.defined() || buffer_.numel() < elements) {
    buffer_ = Tensor();  // gives its memory back before more is taken
    buffer_ = at::empty({elements}, leaves.front().options().requires_grad(false));
  }
  Layout layout;
  layout.all = buffer_.narrow(0, 0, elements);
  layout.gradients = layout.all.split_with_sizes(sizes);
  layout.present = layout.gradients.back();
  layout.gradients.pop_back();
  for (size_t i = 0; i < leaves.size(); ++i)
    layout.gradients[i] = layout.gradients[i].view(leaves[i].sizes());
  return layout;
}

}  // namespace angle
