// Dropout from a random stream of its own, so that a run can be repeated and resumed to the bit.
#pragma once

#include <ATen/core/Generator.h>

#include "angle/tensor.h"

namespace angle {

/// Probabilities and the stream that masks are drawn from. Copies share the stream.
class Dropout {
 public:
  /// No dropout: inference.
  Dropout() = default;

  Dropout(double hidden_probability, double attention_probability, at::Generator generator)
      : hidden_probability_(hidden_probability),
        attention_probability_(attention_probability),
        generator_(std::move(generator)) {}

  /// For outputs of the embeddings and of each sub-layer.
  Tensor hidden(const Tensor& input) const { return apply(input, hidden_probability_); }

  /// For attention probabilities.
  Tensor attention(const Tensor& input) const { return apply(input, attention_probability_); }

  /// The state of the stream, to draw the same masks again after restore(). Undefined without a stream.
  Tensor state() const;
  void restore(const Tensor& state) const;

  bool drops_attention() const { return attention_probability_ > 0; }

 private:
  Tensor apply(const Tensor& input, double probability) const;

  double hidden_probability_ = 0;
  double attention_probability_ = 0;
  mutable at::Generator generator_;
};

}  // namespace angle
