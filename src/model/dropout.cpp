#include "angle/model/dropout.h"

#include <ATen/ATen.h>

namespace angle {

Tensor Dropout::apply(const Tensor& input, double probability) const {
  if (probability <= 0) return input;
  const double keep = 1 - probability;
  const Tensor mask = at::empty_like(input).bernoulli_(keep, generator_).div_(keep);
  return input * mask;
}

Tensor Dropout::state() const { return generator_.defined() ? generator_.get_state() : Tensor(); }

void Dropout::restore(const Tensor& state) const {
  if (generator_.defined()) generator_.set_state(state);
}

}  // namespace angle
