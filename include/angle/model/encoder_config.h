// What config.json says of an encoder, under Hugging Face's names.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace angle {

/// Families that differ in names or positions; everything else follows from the numbers below.
enum class Architecture {
  bert,     // positions from 0
  roberta,  // positions from pad_token_id + 1; XLM-RoBERTa and CamemBERT are this too
};

enum class Activation { none, gelu, gelu_tanh, relu, tanh };

struct EncoderConfig {
  Architecture architecture = Architecture::bert;
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t intermediate_size = 0;
  int64_t max_position_embeddings = 0;
  int64_t type_vocab_size = 0;
  int64_t pad_token_id = 0;
  Activation hidden_act = Activation::gelu;
  double layer_norm_eps = 1e-12;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;

  /// Position id of a text's first token.
  int64_t first_position() const { return architecture == Architecture::roberta ? pad_token_id + 1 : 0; }

  /// The longest text, in tokens, that the position table holds.
  int64_t max_tokens() const { return max_position_embeddings - first_position(); }
};

/// Reads and checks a config.json. Error `source: …` lists every problem: missing keys, numbers out of range,
/// hidden_size not divisible by num_attention_heads, a model_type or hidden_act that is not supported.
EncoderConfig parse_encoder_config(const nlohmann::json& config, const std::string& source);

}  // namespace angle
