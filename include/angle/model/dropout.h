// Dropout (Srivastava et al., JMLR 15, 2014) whose masks are a function of numbers, not of a generator's
// history.
//
// Every use draws one mask. Element i of draw d is kept or not by Philox (src/model/training/philox.h) of
// seed, d and i: the same whatever the number of threads, so a run can be resumed to the bit, and so cheap
// that the backward pass draws the mask again instead of keeping it.
#pragma once

#include <cstdint>

#include "angle/tensor.h"

namespace angle {

/// One draw: which elements of a matrix are kept. A value; nothing is stored for the elements.
struct DropoutMask {
  uint64_t seed = 0;
  uint64_t draw = 0;
  double probability = 0;  // of an element to be dropped; 0: all are kept

  bool drops() const { return probability > 0; }

  /// What kept elements are multiplied by.
  double scale() const { return 1 / (1 - probability); }

  /// The smallest random number, of 2^32, that keeps its element.
  uint32_t threshold() const { return static_cast<uint32_t>(probability * 4294967296.0); }

  /// The factors of a tensor's elements, 0 or scale(). The mask is that of a matrix with the tensor's last
  /// dimension as columns.
  Tensor factors(at::IntArrayRef sizes, const at::TensorOptions& options) const;

  /// Makes LibTorch's own dropout on a device draw this mask next: for kernels of a GPU that have dropout
  /// inside.
  void seed_generator(at::Device device) const;
};

/// Probabilities and the number of masks drawn so far. Copies go on from there on their own.
class Dropout {
 public:
  /// No dropout: inference.
  Dropout() = default;

  Dropout(double hidden_probability, double attention_probability, uint64_t seed)
      : hidden_probability_(hidden_probability), attention_probability_(attention_probability), seed_(seed) {}

  /// The mask for an output of the embeddings or of a sub-layer.
  DropoutMask hidden_mask() const { return draw(hidden_probability_, 1); }

  /// The mask for attention probabilities; the following `count - 1` draws are taken as well.
  DropoutMask attention_masks(int64_t count) const { return draw(attention_probability_, count); }

  /// `input` under the next hidden mask.
  Tensor hidden(const Tensor& input) const;

  /// The state: masks drawn so far. Going back draws the same masks again.
  int64_t draws() const { return draws_; }
  void go_to(int64_t draws) const { draws_ = draws; }

 private:
  DropoutMask draw(double probability, int64_t count) const {
    const DropoutMask mask{seed_, static_cast<uint64_t>(draws_), probability};
    draws_ += probability > 0 ? count : 0;
    return mask;
  }

  double hidden_probability_ = 0;
  double attention_probability_ = 0;
  uint64_t seed_ = 0;
  mutable int64_t draws_ = 0;  // mutable: the stream goes on under encoders that take a const Dropout&
};

}  // namespace angle
