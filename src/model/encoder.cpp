#include "angle/model/encoder.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "angle/cpu_features.h"
#include "angle/error.h"
#include "angle/model/attention.h"

#include "model/inference_encoder.h"
#include "model/training/layer.h"
#include "model/training/recompute.h"

namespace angle {
namespace {

LayerNorm make_layer_norm(int64_t hidden, at::Device device) {
  return {at::empty({hidden}, device), at::empty({hidden}, device)};
}

EncoderLayer make_layer(const EncoderConfig& config, at::Device device) {
  const int64_t hidden = config.hidden_size;
  return {.query_key_value = Linear(hidden, 3 * hidden, device),
          .attention_output = Linear(hidden, hidden, device),
          .attention_norm = make_layer_norm(hidden, device),
          .intermediate = Linear(hidden, config.intermediate_size, device),
          .output = Linear(config.intermediate_size, hidden, device),
          .output_norm = make_layer_norm(hidden, device)};
}

/// What checkpoints keep apart and the encoder computes in one product, in the order of its rows.
constexpr const char* kQueryKeyValue[] = {".query", ".key", ".value"};

/// RoBERTa counts positions over the tokens that are not padding, and gives padding (which a text can contain
/// literally) the position pad_token_id.
Tensor roberta_positions(const TokenBatch& batch, int64_t pad_token_id) {
  const Tensor is_token = batch.token_ids.ne(pad_token_id).to(at::kLong);
  const Tensor counted = is_token.cumsum(0);
  const Tensor start = at::arange(batch.num_tokens(), batch.position_ids.options()) - batch.position_ids;
  const Tensor counted_before_text = (counted - is_token).index_select(0, start);
  return (counted - counted_before_text) * is_token + pad_token_id;
}

}  // namespace

Encoder::Encoder(const EncoderConfig& config, at::Device device)
    : config_(config),
      word_embeddings_(at::empty({config.vocab_size, config.hidden_size}, device)),
      position_embeddings_(at::empty({config.max_position_embeddings, config.hidden_size}, device)),
      token_type_embeddings_(at::empty({config.type_vocab_size, config.hidden_size}, device)),
      embedding_norm_(make_layer_norm(config.hidden_size, device)) {
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(make_layer(config, device));
}

Tensor Encoder::forward(const TokenBatch& batch, const Dropout& dropout,
                        const ActivationOptions& activations) const {
  if (prepacked_) return prepacked_->forward(batch, positions(batch));
  Tensor hidden = embed_tokens(batch, dropout, activations.words);
  if (activations.type) hidden = hidden.to(*activations.type);
  for (const EncoderLayer& layer : layers_)
    hidden = activations.recompute ? recompute_layer(layer, hidden, batch, dropout)
                                   : apply_layer(layer, hidden, batch, dropout);
  return hidden;
}

Tensor Encoder::recompute_layer(const EncoderLayer& layer, const Tensor& hidden, const TokenBatch& batch,
                                const Dropout& dropout) const {
  const auto apply = [this, &layer, batch, &dropout, draws = dropout.draws()](const Tensor& input) {
    const int64_t draws_before = dropout.draws();
    dropout.go_to(draws);  // the masks of the first time
    Tensor output = apply_layer(layer, input, batch, dropout);
    dropout.go_to(std::max(draws_before, dropout.draws()));
    return output;
  };
  return recompute_in_backward(apply, hidden, layer.output.weight);
}

Tensor Encoder::forward_first_tokens(const TokenBatch& batch) const {
  TORCH_CHECK(prepacked_, "forward_first_tokens: the encoder is not prepacked");
  return prepacked_->forward_first_tokens(batch, positions(batch));
}

Tensor Encoder::positions(const TokenBatch& batch) const {
  return config_.architecture == Architecture::roberta ? roberta_positions(batch, config_.pad_token_id)
                                                       : batch.position_ids;
}

Tensor Encoder::embed_tokens(const TokenBatch& batch, const Dropout& dropout, const WordRows* rows) const {
  const bool roberta = config_.architecture == Architecture::roberta;
  // The padding row is a constant: it gets no gradient, as in the reference models.
  const Tensor words = rows ? rows->embed(batch.token_ids)
                            : at::embedding(word_embeddings_, batch.token_ids, config_.pad_token_id);
  const Tensor places =
      at::embedding(position_embeddings_, positions(batch), roberta ? config_.pad_token_id : -1);
  const Tensor sum = words + token_type_embeddings_[0] + places;  // all tokens are of type 0
  return dropout.hidden(normalize(sum, embedding_norm_));
}

Tensor Encoder::apply_layer(const EncoderLayer& layer, const Tensor& hidden, const TokenBatch& batch,
                            const Dropout& dropout) const {
  if (can_train_layer(layer, hidden)) return train_layer(layer, config_, hidden, batch, dropout);
  const Tensor query_key_value = layer.query_key_value.forward(hidden);  // [tokens, 3 · hidden]
  const Tensor context = self_attention(query_key_value, batch, config_.num_attention_heads, dropout);
  const Tensor attended =
      normalize(dropout.hidden(layer.attention_output.forward(context)) + hidden, layer.attention_norm);
  const Tensor intermediate =
      layer.intermediate.forward(attended, config_.hidden_act);  // [tokens, intermediate]
  return normalize(dropout.hidden(layer.output.forward(intermediate)) + attended, layer.output_norm);
}

Tensor Encoder::normalize(const Tensor& input, const LayerNorm& norm) const {
  // In the type of the weights, which is wider where training rounds the activations.
  return at::layer_norm(input.to(norm.weight.scalar_type()), {config_.hidden_size}, norm.weight, norm.bias,
                        config_.layer_norm_eps)
      .to(input.scalar_type());
}

std::vector<Encoder::Weight> Encoder::weights() {
  std::vector<Weight> all = {{"embeddings.word_embeddings.weight", &word_embeddings_},
                             {"embeddings.position_embeddings.weight", &position_embeddings_},
                             {"embeddings.token_type_embeddings.weight", &token_type_embeddings_}};
  const auto add = [&](const std::string& name, auto& module) {
    all.push_back({name + ".weight", &module.weight});
    all.push_back({name + ".bias", &module.bias});
  };
  add("embeddings.LayerNorm", embedding_norm_);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const std::string name = fmt::format("encoder.layer.{}.", i);
    add(name + "attention.self.query_key_value", layers_[i].query_key_value);
    add(name + "attention.output.dense", layers_[i].attention_output);
    add(name + "attention.output.LayerNorm", layers_[i].attention_norm);
    add(name + "intermediate.dense", layers_[i].intermediate);
    add(name + "output.dense", layers_[i].output);
    add(name + "output.LayerNorm", layers_[i].output_norm);
  }
  return all;
}

std::vector<NamedTensor> Encoder::checkpoint_tensors() {
  std::vector<NamedTensor> tensors;
  const std::string fused = ".query_key_value";
  for (const auto& [name, tensor] : weights()) {
    const auto at = name.find(fused);
    if (at == std::string::npos) {
      tensors.push_back({name, tensor->detach()});
      continue;
    }
    const auto parts = tensor->detach().chunk(3);
    for (size_t i = 0; i < parts.size(); ++i) {
      std::string part = name;
      tensors.push_back({part.replace(at, fused.size(), kQueryKeyValue[i]), parts[i]});
    }
  }
  return tensors;
}

std::vector<Parameter> Encoder::parameters() {
  std::vector<Parameter> parameters;
  for (const auto& [name, tensor] : weights())
    parameters.push_back({name, *tensor, /*decays=*/tensor->dim() > 1});
  return parameters;
}

void Encoder::prepack(Precision precision) {
  TORCH_CHECK(!prepacked_, "prepack: the encoder is prepacked, and its layers are gone");
  const std::string obstacle = InferenceEncoder::obstacle(config_, precision);
  if (obstacle.empty()) {
    prepacked_ = std::make_shared<InferenceEncoder>(config_, word_embeddings_,
                                                    position_embeddings_ + token_type_embeddings_[0],
                                                    embedding_norm_, std::move(layers_), precision);
    layers_.clear();
    return;
  }
  if (precision == Precision::int8)
    fail("precision int8: {}; use float32{}", obstacle, cpu_features().bfloat16() ? " or bfloat16" : "");
  if (precision == Precision::bfloat16) to(at::kBFloat16);
  for (EncoderLayer& layer : layers_)
    for (Linear* linear :
         {&layer.query_key_value, &layer.attention_output, &layer.intermediate, &layer.output})
      linear->prepack();
}

void Encoder::to(const at::TensorOptions& options) {
  for (const Weight& weight : weights()) *weight.tensor = weight.tensor->to(options);
}

}  // namespace angle
