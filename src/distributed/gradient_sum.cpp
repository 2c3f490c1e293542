#include "angle/distributed/gradient_sum.h"

#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/accumulate.h>

namespace angle {

GradientSum::GradientSum(ProcessGroup group, std::vector<Tensor> parameters, Tensor table)
    : group_(std::move(group)), parameters_(std::move(parameters)), table_(std::move(table)) {}

void GradientSum::reduce(const Tensor& rows) {
  if (group_.size() == 1) return;
  const at::NoGradGuard no_grad;
  const Layout sums = lay_out(rows);
  collect(rows, sums);
  group_.sum(sums.all);
  hand_out(rows, sums);
}

/// Whether of a parameter only the rows are exchanged. They are copied three times, a whole gradient once:
/// with more than half of the rows little would be gained.
bool GradientSum::in_rows(const Tensor& parameter, const Tensor& rows) const {
  return parameter.is_same(table_) && rows.defined() && 2 * rows.numel() <= parameter.size(0);
}

GradientSum::Layout GradientSum::lay_out(const Tensor& rows) {
  std::vector<std::vector<int64_t>> shapes;
  std::vector<int64_t> sizes;
  for (const Tensor& parameter : parameters_) {
    std::vector<int64_t>& shape = shapes.emplace_back(parameter.sizes().vec());
    if (in_rows(parameter, rows)) shape[0] = rows.numel();
    sizes.push_back(c10::multiply_integers(shape));
  }
  sizes.push_back(static_cast<int64_t>(parameters_.size()));
  const int64_t elements = c10::sum_integers(sizes);
  if (!buffer_.defined() || buffer_.numel() < elements) {
    buffer_ = Tensor();  // gives its memory back before more is taken
    buffer_ = at::empty({elements}, parameters_.front().options().requires_grad(false));
  }
  Layout layout;
  layout.all = buffer_.narrow(0, 0, elements);
  layout.gradients = layout.all.split_with_sizes(sizes);
  layout.present = layout.gradients.back();
  layout.gradients.pop_back();
  for (size_t i = 0; i < shapes.size(); ++i) layout.gradients[i] = layout.gradients[i].view(shapes[i]);
  return layout;
}

/// Writes the gradients of this process to where they are summed.
void GradientSum::collect(const Tensor& rows, const Layout& sums) const {
  std::vector<float> present;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& gradient = parameters_[i].grad();
    present.push_back(gradient.defined() ? 1 : 0);
    if (gradient.defined())
      sums.gradients[i].copy_(in_rows(parameters_[i], rows) ? gradient.index_select(0, rows) : gradient);
    else
      sums.gradients[i].zero_();
  }
  sums.present.copy_(at::tensor(present));
}

/// Makes the sums the gradients of the parameters.
void GradientSum::hand_out(const Tensor& rows, const Layout& sums) const {
  const Tensor present = sums.present.cpu();  // for this a GPU is waited for
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& gradient = parameters_[i].mutable_grad();
    if (present[static_cast<int64_t>(i)].item<double>() == 0) {
      gradient = Tensor();
    } else if (in_rows(parameters_[i], rows)) {
      if (!gradient.defined()) gradient = at::zeros_like(parameters_[i]);
      gradient.index_copy_(0, rows, sums.gradients[i]);  // the other rows are zero, here and everywhere
    } else {
      gradient = sums.gradients[i];
    }
  }
}

}  // namespace angle
