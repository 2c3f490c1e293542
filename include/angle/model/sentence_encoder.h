// Encoder, pooling and projection: token ids to one vector per text. Knows no text.
#pragma once

#include <string>
#include <vector>

#include "angle/data/batch.h"
#include "angle/model/encoder.h"
#include "angle/model/pooling.h"
#include "angle/precision.h"

namespace angle {

/// A projection after pooling (sentence-transformers' module Dense).
struct Dense {
  Linear linear;
  Activation activation = Activation::tanh;
};

struct SentenceEncoder {
  Encoder encoder;
  std::vector<Pooling> pooling = {Pooling::mean};  // several are concatenated
  std::vector<Dense> dense;                        // applied in order

  /// Vectors of the texts, in the caller's order, not normalised.
  ///
  /// @return  [texts, dims]
  Tensor forward(const TokenBatch& batch, const Dropout& dropout = {},
                 const ActivationOptions& activations = {}) const;

  /// Columns of forward()'s result.
  int64_t dims() const;

  at::Device device() const;

  /// Whether a text has the same vector in any batch to the bit, not only to rounding: where each row is
  /// computed in one order of operations. Neither LibTorch's products nor those of a GPU promise that.
  bool is_batch_invariant() const { return encoder.is_prepacked() && dense.empty(); }

  /// All weights, those of Encoder::checkpoint_tensors() and `dense.0.weight` ….
  std::vector<NamedTensor> checkpoint_tensors();
  std::vector<Parameter> parameters();

  /// Moves the weights to a device, and the encoder's to a number format; on the CPU packs all linear layers
  /// (see Encoder::pack). The format is the encoder's alone: pooling, projections and vectors stay float32.
  ///
  /// Error for a format that the device has no instructions for, where it would be slower than float32.
  void prepare_inference(at::Device device, Precision precision);

  void to(const at::TensorOptions& options);

 private:
  /// One tensor [texts, hidden] per pooling, in packed order.
  std::vector<Tensor> pool_tokens(const TokenBatch& batch, const Dropout& dropout,
                                  const ActivationOptions& activations) const;
  std::vector<Parameter> dense_parameters() const;
};

/// Error `where: …` unless every projection takes as many features as the step before it gives.
void check_projections(const SentenceEncoder& encoder, const std::string& where);

}  // namespace angle
