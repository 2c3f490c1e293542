// The transformer encoder of BERT (arXiv 1810.04805) and RoBERTa, on packed batches.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/data/batch.h"
#include "angle/model/dropout.h"
#include "angle/model/encoder_config.h"
#include "angle/model/linear.h"
#include "angle/model/word_rows.h"
#include "angle/precision.h"
#include "angle/tensor.h"

namespace angle {

/// A tensor and its name in Hugging Face's checkpoints, without a prefix:
/// `encoder.layer.0.output.dense.weight`.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// A tensor that training changes.
struct Parameter {
  std::string name;
  Tensor tensor;
  bool decays = true;        // biases and LayerNorm weights have no weight decay
  double rate_factor = 1.0;  // of the learning rate
};

struct LayerNorm {
  Tensor weight;  // [hidden]
  Tensor bias;    // [hidden]
};

struct EncoderLayer {
  Linear query_key_value;   // hidden → 3 · hidden: one product instead of three
  Linear attention_output;  // hidden → hidden
  LayerNorm attention_norm;
  Linear intermediate;  // hidden → intermediate
  Linear output;        // intermediate → hidden
  LayerNorm output_norm;
};

/// What training computes and keeps of the layers' outputs.
struct ActivationOptions {
  std::optional<at::ScalarType> type;  // bfloat16: linear layers and attention in it; absent: as the weights
  bool recompute = false;              // gradient checkpointing: keep each layer's input only; encoder and
                                       // dropout must then outlive the backward pass
  const WordRows* words = nullptr;     // collect the gradient of the word embeddings; null: the table does
};

class InferenceEncoder;

/// Token ids to token embeddings. Weights are undefined values until they are loaded.
class Encoder {
 public:
  /// @param device  `meta`: shapes without memory, to check a checkpoint against (see WeightFiles)
  explicit Encoder(const EncoderConfig& config, at::Device device = at::kCPU);

  /// @return  token_embeddings [tokens, hidden], the last hidden state
  Tensor forward(const TokenBatch& batch, const Dropout& dropout = {},
                 const ActivationOptions& activations = {}) const;

  /// The rows of forward() that are the first of a text, at less cost: of the last layer's attention and what
  /// follows, no others are computed. Only when is_prepacked().
  ///
  /// @return  [texts, hidden]
  Tensor forward_first_tokens(const TokenBatch& batch) const;

  /// The first step of forward(): word, position and token type embeddings, normalised. [tokens, hidden]
  Tensor embed_tokens(const TokenBatch& batch, const Dropout& dropout = {},
                      const WordRows* rows = nullptr) const;

  /// One of the following steps: a layer applied to hidden states [tokens, hidden].
  Tensor apply_layer(const EncoderLayer& layer, const Tensor& hidden, const TokenBatch& batch,
                     const Dropout& dropout = {}) const;

  /// Every weight under its checkpoint name; views, so that writing to them loads the encoder.
  std::vector<NamedTensor> checkpoint_tensors();

  /// The tensors that training changes; query, key and value are one
  /// (`….attention.self.query_key_value.weight`).
  std::vector<Parameter> parameters();

  /// Prepares the encoder for inference on the CPU: forward() uses the weights in the layout and precision
  /// that are fastest there, and records no gradient. Where is_prepacked() afterwards, layers() are gone,
  /// whose memory would be needed twice. Neither training nor a change of weights nor another prepack() may
  /// follow.
  ///
  /// Error when int8 is asked for and the CPU or the encoder's sizes do not allow it.
  void prepack(Precision precision = Precision::float32);

  /// Whether prepack() found a CPU whose instructions the fast forward pass needs.
  bool is_prepacked() const { return prepacked_ != nullptr; }

  /// Moves every weight to a device or type.
  void to(const at::TensorOptions& options);

  at::Device device() const { return word_embeddings_.device(); }
  const EncoderConfig& config() const { return config_; }
  const std::vector<EncoderLayer>& layers() const { return layers_; }

  /// One of the parameters(), [vocab, hidden].
  const Tensor& word_embeddings() const { return word_embeddings_; }

  /// The rows of a training step (see ActivationOptions::words).
  WordRows word_rows(const std::vector<int64_t>& ids) const {
    return {word_embeddings_, ids, config_.pad_token_id};
  }

 private:
  /// A weight with the name of its parameter.
  struct Weight {
    std::string name;
    Tensor* tensor;
  };
  std::vector<Weight> weights();
  Tensor recompute_layer(const EncoderLayer& layer, const Tensor& hidden, const TokenBatch& batch,
                         const Dropout& dropout) const;
  Tensor positions(const TokenBatch& batch) const;
  Tensor normalize(const Tensor& input, const LayerNorm& norm) const;

  EncoderConfig config_;
  Tensor word_embeddings_;        // [vocab, hidden]
  Tensor position_embeddings_;    // [max_position, hidden]
  Tensor token_type_embeddings_;  // [types, hidden]
  LayerNorm embedding_norm_;
  std::vector<EncoderLayer> layers_;
  std::shared_ptr<const InferenceEncoder> prepacked_;  // after prepack(), where the CPU has the instructions
};

}  // namespace angle
