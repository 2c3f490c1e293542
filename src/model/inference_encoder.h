// The encoder's forward pass for inference on CPUs with AVX2: no autograd, no tensors between its steps.
//
// Hidden states and sums stay float32 in every precision; what linear layers read is float32, bfloat16 or
// bytes. Attention computes in float32 or bfloat16.
#pragma once

#include <string>
#include <vector>

#include "angle/data/batch.h"
#include "angle/model/encoder.h"
#include "angle/precision.h"

#include "model/prepacked_linear.h"

namespace angle {

class InferenceEncoder {
 public:
  /// Why this CPU cannot run such an encoder in that precision; empty when it can.
  static std::string obstacle(const EncoderConfig& config, Precision precision);

  /// @param words   [vocabulary, hidden] float32
  /// @param places  [positions, hidden] float32: position and token type embeddings, added up
  /// @param layers  given up one by one, so that the memory of one is enough beside the packed ones
  InferenceEncoder(const EncoderConfig& config, const Tensor& words, const Tensor& places,
                   const LayerNorm& norm, std::vector<EncoderLayer> layers, Precision precision);

  /// @param position_ids  [tokens] int64
  /// @return              token_embeddings [tokens, hidden] float32
  Tensor forward(const TokenBatch& batch, const Tensor& position_ids) const;

  /// The rows of forward() that are the first of a text; the last layer computes no others. [texts, hidden]
  Tensor forward_first_tokens(const TokenBatch& batch, const Tensor& position_ids) const;

 private:
  struct Layer {
    PrepackedLinear query_key_value, attention_output, intermediate, output;
    LayerNorm attention_norm, output_norm;
  };
  class Pass;

  EncoderConfig config_;
  kernels::Element operand_;    // what linear layers read
  kernels::Element value_;      // what they write for the next one, which bytes are made from
  kernels::Element attention_;  // what attention reads
  AttentionFunction attention_kernel_;
  Tensor words_;
  Tensor places_;
  LayerNorm embedding_norm_;
  std::vector<Layer> layers_;
};

}  // namespace angle
