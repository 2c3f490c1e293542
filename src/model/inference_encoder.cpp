#include "model/inference_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "angle/error.h"

#include "model/kernels/support.h"

namespace angle {
namespace {

using kernels::bytes_of;
using kernels::Element;
using kernels::holds_bytes;
using kernels::Rows;
using kernels::RowScale;

/// Memory that is kept from one batch to the next, aligned for the kernels.
class Buffer {
 public:
  void* at_least(int64_t bytes) {
    if (!memory_.defined() || memory_.nbytes() < static_cast<size_t>(bytes))
      memory_ = at::empty({bytes}, at::kByte);
    return memory_.mutable_data_ptr();
  }

 private:
  Tensor memory_;
};

enum class Use { operand, query_key_value, context, intermediate, intermediate_operand, scales };

/// A thread works on one batch at a time.
thread_local std::array<Buffer, 6> buffers;

Buffer& buffer_of(Use use) { return buffers.at(static_cast<size_t>(use)); }

thread_local Buffer attention_scratch;

/// Rows begin an odd number of cache lines apart where `columns` are whole pairs of lines: a product reads
/// the same columns of many rows, which would compete for a few sets of the cache.
Rows take_rows(Use use, int64_t rows, int64_t columns, Element element) {
  constexpr int64_t kLine = 64;
  const int64_t line = kLine / bytes_of(element);
  const int64_t stride = columns % (2 * line) == 0 ? columns + line : columns;
  return {.element = element,
          .data = buffer_of(use).at_least(rows * stride * bytes_of(element)),
          .stride = stride,
          .scales =
              holds_bytes(element)
                  ? static_cast<RowScale*>(buffer_of(Use::scales).at_least(rows * int64_t{sizeof(RowScale)}))
                  : nullptr};
}

Rows float_rows(const Tensor& tensor) {
  return {Element::float32, tensor.mutable_data_ptr(), tensor.size(1), nullptr};
}

void* element_at(const Rows& rows, int64_t row, int64_t column) {
  return static_cast<char*>(rows.data) + (row * rows.stride + column) * bytes_of(rows.element);
}

/// Calls `work(first, last)` for parts of the rows, by all threads unless one of several asks.
template <class Work>
void for_rows(int64_t rows, const Work& work) {
  constexpr int64_t kRowsPerThread = 16;
  at::parallel_for(0, rows, kRowsPerThread, work);
}

struct Text {
  int64_t first_token;
  int64_t length;
};

struct HeadRange {
  int64_t first;
  int64_t count;
};

std::vector<Text> texts_of(const TokenBatch& batch) {
  std::vector<Text> texts;
  for (const LengthGroup& group : batch.groups)
    for (int64_t text = 0; text < group.texts; ++text)
      texts.push_back({group.first_token + text * group.length, group.length});
  return texts;
}

void check_ids(const Tensor& ids, int64_t count) {
  const auto* id = ids.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < ids.size(0); ++i)
    TORCH_CHECK(id[i] >= 0 && id[i] < count, "id ", id[i], " is not in a table of ", count);
}

}  // namespace

std::string InferenceEncoder::obstacle(const EncoderConfig& config, Precision precision) {
  const Element element = operand_element(precision);
  if (!cpu_multiplies(element))
    return element == Element::bfloat16 ? "this CPU has no AVX512_BF16 instructions" : "this CPU has no AVX2";
  if (config.hidden_size % 16 != 0 || config.intermediate_size % 16 != 0)
    return fmt::format("hidden_size {} and intermediate_size {} are not both multiples of 16",
                       config.hidden_size, config.intermediate_size);
  if (config.hidden_size / config.num_attention_heads % 2 != 0)
    return fmt::format("attention heads have an odd size, {}",
                       config.hidden_size / config.num_attention_heads);
  if (config.hidden_act == Activation::tanh) return "its activation is tanh";
  return "";
}

InferenceEncoder::InferenceEncoder(const EncoderConfig& config, const Tensor& words, const Tensor& places,
                                   const LayerNorm& norm, std::vector<EncoderLayer> layers,
                                   Precision precision)
    : config_(config),
      operand_(operand_element(precision)),
      value_(holds_bytes(operand_) ? Element::float32 : operand_),
      attention_(holds_bytes(operand_) && cpu_multiplies(Element::bfloat16) ? Element::bfloat16 : value_),
      attention_kernel_(attention_kernel(attention_, config.hidden_size / config.num_attention_heads)),
      words_(words.contiguous()),
      places_(places.contiguous()),
      embedding_norm_(norm) {
  const auto prepack = [&](const Linear& linear) {
    return PrepackedLinear(linear.weight, linear.bias, precision);
  };
  for (EncoderLayer& given : layers) {
    const EncoderLayer layer = std::move(given);
    layers_.push_back({.query_key_value = prepack(layer.query_key_value),
                       .attention_output = prepack(layer.attention_output),
                       .intermediate = prepack(layer.intermediate),
                       .output = prepack(layer.output),
                       .attention_norm = layer.attention_norm,
                       .output_norm = layer.output_norm});
  }
}

/// One batch on its way through the layers.
class InferenceEncoder::Pass {
 public:
  Pass(const InferenceEncoder& encoder, const TokenBatch& batch, const Tensor& position_ids);

  void apply(const Layer& layer);
  void apply_to_first_tokens(const Layer& layer);

  Tensor hidden;  // [tokens, hidden], after apply_to_first_tokens() [texts, hidden]

 private:
  int64_t rows() const { return hidden.size(0); }
  void set_hidden(const Tensor& rows);
  kernels::NormalizeTask norm_task(const LayerNorm& norm) const;
  void normalize(const LayerNorm& norm);
  Rows as_operand(const Rows& values, int64_t columns, Use memory) const;
  Rows attend(const Layer& layer, bool first_tokens_only);
  void attend_text(const Text& text, int64_t queries, HeadRange heads, const Rows& projected,
                   Rows context) const;
  void finish(const Layer& layer, const Rows& context);

  const InferenceEncoder& encoder_;
  const EncoderConfig& config_;
  std::vector<Text> texts_;
  Rows operand_{};  // `hidden` as linear layers read it; the same memory in float32
};

InferenceEncoder::Pass::Pass(const InferenceEncoder& encoder, const TokenBatch& batch,
                             const Tensor& position_ids)
    : encoder_(encoder), config_(encoder.config_), texts_(texts_of(batch)) {
  check_ids(batch.token_ids, encoder.words_.size(0));
  check_ids(position_ids, encoder.places_.size(0));
  set_hidden(at::empty({batch.num_tokens(), config_.hidden_size}, at::kFloat));
  const kernels::EmbedTask task{.token_ids = batch.token_ids.const_data_ptr<int64_t>(),
                                .position_ids = position_ids.const_data_ptr<int64_t>(),
                                .words = encoder.words_.const_data_ptr<float>(),
                                .places = encoder.places_.const_data_ptr<float>(),
                                .norm = norm_task(encoder.embedding_norm_)};
  for_rows(rows(), [&](int64_t first, int64_t last) { row_kernels().embed(task, first, last); });
}

void InferenceEncoder::Pass::set_hidden(const Tensor& rows) {
  hidden = rows;
  operand_ = encoder_.operand_ == Element::float32
                 ? float_rows(hidden)
                 : take_rows(Use::operand, rows.size(0), config_.hidden_size, encoder_.operand_);
}

kernels::NormalizeTask InferenceEncoder::Pass::norm_task(const LayerNorm& norm) const {
  return {.hidden = hidden.mutable_data_ptr<float>(),
          .columns = config_.hidden_size,
          .weight = norm.weight.const_data_ptr<float>(),
          .bias = norm.bias.const_data_ptr<float>(),
          .epsilon = static_cast<float>(config_.layer_norm_eps),
          .operand = operand_};
}

void InferenceEncoder::Pass::normalize(const LayerNorm& norm) {
  const kernels::NormalizeTask task = norm_task(norm);
  for_rows(rows(), [&](int64_t first, int64_t last) { row_kernels().normalize(task, first, last); });
}

/// What linear layers write in the form that they read: itself, or bytes made from it.
Rows InferenceEncoder::Pass::as_operand(const Rows& values, int64_t columns, Use memory) const {
  if (!holds_bytes(encoder_.operand_)) return values;
  const Rows bytes = take_rows(memory, rows(), columns, encoder_.operand_);
  const kernels::QuantizeTask task{.input = values, .columns = columns, .output = bytes};
  for_rows(rows(), [&](int64_t first, int64_t last) { row_kernels().quantize(task, first, last); });
  return bytes;
}

void InferenceEncoder::Pass::apply(const Layer& layer) {
  finish(layer, attend(layer, /*first_tokens_only=*/false));
}

void InferenceEncoder::Pass::apply_to_first_tokens(const Layer& layer) {
  const Rows context = attend(layer, /*first_tokens_only=*/true);
  std::vector<int64_t> first_tokens;
  for (const Text& text : texts_) first_tokens.push_back(text.first_token);
  set_hidden(hidden.index_select(0, at::tensor(first_tokens, at::kLong)));
  finish(layer, context);
}

/// @return  [tokens, hidden], of first tokens only [texts, hidden]
Rows InferenceEncoder::Pass::attend(const Layer& layer, bool first_tokens_only) {
  const Rows projected =
      take_rows(Use::query_key_value, rows(), 3 * config_.hidden_size, encoder_.attention_);
  layer.query_key_value.forward(operand_, rows(), projected);
  const Rows attended = take_rows(Use::context, rows(), config_.hidden_size, encoder_.value_);
  const int64_t heads = config_.num_attention_heads;
  at::parallel_for(0, static_cast<int64_t>(texts_.size()) * heads, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first, some_heads = 0; i < last; i += some_heads) {
      const Text& text = texts_[static_cast<size_t>(i / heads)];
      some_heads = std::min(heads - i % heads, last - i);
      Rows context = attended;
      context.data = element_at(attended, first_tokens_only ? i / heads : text.first_token, 0);
      attend_text(text, first_tokens_only ? 1 : text.length, {i % heads, some_heads}, projected, context);
    }
  });
  return attended;
}

/// @param context  rows of the queries
void InferenceEncoder::Pass::attend_text(const Text& text, int64_t queries, HeadRange heads,
                                         const Rows& projected, Rows context) const {
  const int64_t size = config_.hidden_size / config_.num_attention_heads, column = heads.first * size;
  const auto part = [&](int64_t which) {
    return element_at(projected, text.first_token, which * config_.hidden_size + column);
  };
  context.data = element_at(context, 0, column);
  const int64_t scratch_bytes = kernels::attention_scratch_words(text.length, size) * 4;
  encoder_.attention_kernel_({.query = part(0),
                              .key = part(1),
                              .value = part(2),
                              .stride = projected.stride,
                              .length = text.length,
                              .queries = queries,
                              .heads = heads.count,
                              .head_size = size,
                              .scale = 1 / std::sqrt(static_cast<float>(size)),
                              .context = context,
                              .scratch = static_cast<int32_t*>(attention_scratch.at_least(scratch_bytes))});
}

/// The rest of a layer: output projection, feed-forward network, and a residual connection and LayerNorm
/// after each.
void InferenceEncoder::Pass::finish(const Layer& layer, const Rows& context) {
  layer.attention_output.add_to(as_operand(context, config_.hidden_size, Use::operand), rows(),
                                float_rows(hidden));
  normalize(layer.attention_norm);
  const Rows values = take_rows(Use::intermediate, rows(), config_.intermediate_size, encoder_.value_);
  layer.intermediate.forward(operand_, rows(), values, config_.hidden_act);
  layer.output.add_to(as_operand(values, config_.intermediate_size, Use::intermediate_operand), rows(),
                      float_rows(hidden));
  normalize(layer.output_norm);
}

Tensor InferenceEncoder::forward(const TokenBatch& batch, const Tensor& position_ids) const {
  Pass pass(*this, batch, position_ids);
  for (const Layer& layer : layers_) pass.apply(layer);
  return pass.hidden;
}

Tensor InferenceEncoder::forward_first_tokens(const TokenBatch& batch, const Tensor& position_ids) const {
  Pass pass(*this, batch, position_ids);
  for (size_t i = 0; i + 1 < layers_.size(); ++i) pass.apply(layers_[i]);
  pass.apply_to_first_tokens(layers_.back());
  return pass.hidden;
}

}  // namespace angle
