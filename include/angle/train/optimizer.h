// AdamW (Loshchilov & Hutter, arXiv 1711.05101): Adam with weight decay apart from the gradient.
#pragma once

#include <cstdint>
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

/// The factor min(1, max_norm / (norm + 1e-6)) that limits the norm of all gradients; without a limit, which
/// is a max_norm of 0, it is 1.
double clipping_factor(double norm, double max_norm);

/// Updates parameters from their gradients, which may be sparse in rows where they are coalesced (see
/// WordRows). A parameter without a gradient is left alone, not even decayed.
class AdamW {
 public:
  AdamW(std::vector<Parameter> parameters, AdamWOptions options);

  /// One update of every parameter: decay, moments, step, at the learning rate times the parameter's factor.
  ///
  /// @param gradient_factor  of all gradients, which may be multiplied by it in memory
  void step(double learning_rate, double gradient_factor = 1);

  /// Forgets all gradients.
  void zero_grad();

  /// The norm of all gradients together.
  double gradient_norm() const;

  /// Everything a later step depends on, by name: `<parameter>.exp_avg`, `.exp_avg_sq`, `.step`. Views, so
  /// that writing to them restores the optimizer.
  std::vector<NamedTensor> state() const;

  const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  /// Which rows of a parameter have moments that are all zero. Without a gradient such a row would not move:
  /// it decays, and nothing else is read or written. Most of a vocabulary's are so.
  struct RestingRows {
    std::vector<uint8_t> at_rest;
    int64_t versions[2];  // of the moments when that was found out: a restored checkpoint changes them
  };

  std::vector<size_t> with_gradient() const;  // their places
  std::vector<Tensor> gradients() const;      // dense all of them
  void step_by_torch(double learning_rate);
  void step_in_one_pass(size_t parameter, double learning_rate, double gradient_factor);
  RestingRows& resting_rows(size_t parameter);

  std::vector<Parameter> parameters_;
  AdamWOptions options_;
  bool in_one_pass_;                 // all parameters are such as the kernel of angle takes
  std::vector<Tensor> exp_avgs_;     // first moments, like the parameters
  std::vector<Tensor> exp_avg_sqs_;  // second moments
  std::vector<Tensor> steps_;        // float32 scalars, one per parameter
  std::vector<RestingRows> resting_rows_;
};

}  // namespace angle
