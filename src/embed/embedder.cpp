#include "angle/embed/embedder.h"

#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "angle/data/batch.h"
#include "angle/error.h"

namespace angle {
namespace {

/// Enough rows to keep the matrix products busy, few enough for their inputs to stay in the cache.
constexpr int64_t kTokensPerBatch = 1024;

EmbedOptions resolve(const Model& model, EmbedOptions options) {
  const int64_t longest = model.encoder.encoder.config().max_tokens();
  const int64_t length = options.max_seq_length.value_or(model.max_seq_length);
  if (length < 2 || length > longest)
    fail("max_seq_length {}: expected 2 to {}, the model's positions", length, longest);
  const int64_t dims = options.truncate_dim.value_or(model.encoder.dims());
  if (dims < 1 || dims > model.encoder.dims())
    fail("truncate-dim {}: expected 1 to {}, the model's dimensions", dims, model.encoder.dims());
  if (!options.prompt.empty() && !model.include_prompt)
    fail(
        "{}: include_prompt is false in the Pooling module, which is not supported together with a prompt; "
        "embed without one",
        model.directory.string());
  options.max_seq_length = length;
  options.truncate_dim = dims;
  options.normalize = options.normalize.value_or(model.normalize);
  return options;
}

}  // namespace

Embedder::Embedder(Model& model, EmbedOptions options)
    : model_(model), options_(resolve(model, std::move(options))) {}

int64_t Embedder::dims() const { return *options_.truncate_dim; }

Tensor Embedder::embed(std::span<const std::string> texts) {
  const c10::InferenceMode inference;
  const std::vector<std::vector<int64_t>> token_ids = tokenize(texts);
  Tensor embeddings = at::empty({static_cast<int64_t>(texts.size()), dims()}, at::kFloat);
  for (const std::vector<size_t>& rows : length_sorted_batches(token_ids, kTokensPerBatch)) {
    std::vector<std::vector<int64_t>> batch;
    for (const size_t row : rows) batch.push_back(token_ids[row]);
    const Tensor index = at::tensor(std::vector<int64_t>(rows.begin(), rows.end()), at::kLong);
    embeddings.index_copy_(0, index, embed_batch(pack(batch, model_.encoder.device())));
  }
  return embeddings;
}

std::vector<std::vector<int64_t>> Embedder::tokenize(std::span<const std::string> texts) {
  std::vector<std::vector<int64_t>> token_ids;
  token_ids.reserve(texts.size());
  for (const std::string& text : texts) {
    const std::string& prompt = options_.prompt;
    Encoding encoding =
        model_.tokenizer->encode(prompt.empty() ? text : prompt + text, *options_.max_seq_length);
    statistics_.add(encoding, *model_.tokenizer);
    token_ids.push_back(std::move(encoding.token_ids));
  }
  return token_ids;
}

Tensor Embedder::embed_batch(const TokenBatch& batch) const {
  Tensor vectors = model_.encoder.forward(batch).narrow(1, 0, dims()).to(at::kFloat);
  if (*options_.normalize) vectors = vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
  return vectors.cpu();
}

}  // namespace angle
