#include "angle/model/random_weights.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/random.h"

namespace angle {
namespace {

constexpr double kStandardDeviation = 0.02;

/// Box and Muller's transform (Annals of Mathematical Statistics 1958): two uniform numbers make two normal
/// ones.
void fill_normal(const Tensor& weight, SplitMix64 random) {
  Tensor values = at::empty(weight.sizes(), at::kFloat);
  auto* value = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); i += 2) {
    const double radius = kStandardDeviation * std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
    const double angle = 2.0 * std::numbers::pi * random.uniform();
    value[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < values.numel()) value[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  weight.copy_(values);
}

}  // namespace

void randomize_weights(SentenceEncoder& encoder, uint64_t seed) {
  const at::NoGradGuard no_gradients;
  uint64_t number = 0;
  for (const NamedTensor& weight : encoder.checkpoint_tensors()) {
    if (weight.tensor.dim() > 1)
      fill_normal(weight.tensor, SplitMix64(derive_seed(seed, number++)));
    else
      weight.tensor.fill_(weight.name.ends_with("weight") ? 1.0 : 0.0);  // of a LayerNorm, or a bias
  }
}

}  // namespace angle
