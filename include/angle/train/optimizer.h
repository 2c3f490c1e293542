// AdamW (Loshchilov & Hutter, arXiv 1711.05101): Adam with weight decay apart from the gradient.
#pragma once

#include <vector>

#include "angle/model/encoder.h"
#include "angle/tensor.h"

namespace angle {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  // for weight matrices; biases and LayerNorm weights have none
};

/// Updates parameters from their gradients. A parameter without a gradient is left alone, not even decayed.
class AdamW {
 public:
  AdamW(std::vector<Parameter> parameters, AdamWOptions options);

  /// One update of every parameter: decay, moments, step, at the learning rate times the parameter's factor.
  /// Gradients stay as they are.
  void step(double learning_rate);

  /// Forgets all gradients.
  void zero_grad();

  /// The norm of all gradients together, and their scaling by min(1, max_norm / (norm + 1e-6)).
  ///
  /// @param max_norm  0: no clipping, only the norm
  /// @return          scalar, the norm before clipping
  Tensor clip_gradients(double max_norm) const;

  /// Everything a later step depends on, by name: `<parameter>.exp_avg`, `.exp_avg_sq`, `.step`. Views, so
  /// that writing to them restores the optimizer.
  std::vector<NamedTensor> state() const;

  const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  std::vector<Tensor> gradients() const;

  std::vector<Parameter> parameters_;
  AdamWOptions options_;
  std::vector<Tensor> exp_avgs_;     // first moments, like the parameters
  std::vector<Tensor> exp_avg_sqs_;  // second moments
  std::vector<Tensor> steps_;        // float32 scalars, one per parameter
};

}  // namespace angle
