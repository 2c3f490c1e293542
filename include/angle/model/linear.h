// The linear layer, for training (autograd) and for inference (weights packed for oneDNN).
#pragma once

#include <cstdint>

#include "angle/model/encoder_config.h"
#include "angle/tensor.h"

namespace angle {

/// y = activation(x · weightᵀ + bias).
struct Linear {
  Linear() = default;
  Linear(int64_t in_features, int64_t out_features, at::Device device = at::kCPU);

  /// @param input  [rows, in]; the weight is rounded to the type of a bfloat16 input
  /// @return       [rows, out]
  Tensor forward(const Tensor& input, Activation activation = Activation::none) const;

  /// Reorders the weight into oneDNN's blocked layout, once; forward() uses that copy from then on and
  /// records no gradient. Neither training nor a change of `weight` may follow.
  void prepack();
  bool is_prepacked() const { return prepacked_weight_.defined(); }

  Tensor weight;  // [out, in]
  Tensor bias;    // [out]

 private:
  Tensor prepacked_weight_;  // opaque; undefined until prepack()
};

/// The activation alone.
Tensor activate(const Tensor& input, Activation activation);

}  // namespace angle
