#include "angle/embed/embedder.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "angle/data/batch.h"
#include "angle/error.h"

namespace angle {
namespace {

/// Tokens of a batch: few enough for its hidden states to stay in the cache and for all threads to end at
/// about the same time, enough to read the weights rarely. Only where a row's bits do not depend on the
/// others of its product; LibTorch's products do not promise that, so there the cut does not depend on the
/// threads.
int64_t tokens_per_batch(std::span<const std::vector<int64_t>> token_ids, const SentenceEncoder& encoder) {
  constexpr int64_t kMost = 512, kLeast = 64, kBatchesPerThread = 4, kElsewhere = 1024;
  if (!encoder.encoder.is_packed() || !encoder.dense.empty()) return kElsewhere;
  int64_t tokens = 0;
  for (const auto& ids : token_ids) tokens += static_cast<int64_t>(ids.size());
  return std::clamp(tokens / (kBatchesPerThread * at::get_num_threads()), kLeast, kMost);
}

/// Calls `work(i)` for all i < count, the last first; every thread takes the next i when it is done with one.
template <class Work>
void in_parallel(size_t count, const Work& work) {
  std::atomic<size_t> taken = 0;
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    const c10::InferenceMode inference;
    for (size_t i = taken++; i < count; i = taken++) work(count - 1 - i);
  });
}

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
  const auto batches = length_sorted_batches(token_ids, tokens_per_batch(token_ids, model_.encoder));
  Tensor embeddings = at::empty({static_cast<int64_t>(texts.size()), dims()}, at::kFloat);
  const auto embed_one = [&](size_t i) { embed_batch(token_ids, batches[i], embeddings); };
  // A batch on each thread needs no waiting for each other; fewer batches than threads share the threads.
  if (model_.encoder.device().is_cpu() && static_cast<int>(batches.size()) >= at::get_num_threads())
    in_parallel(batches.size(), embed_one);
  else
    for (size_t i = 0; i < batches.size(); ++i) embed_one(i);
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

void Embedder::embed_batch(std::span<const std::vector<int64_t>> token_ids, std::span<const size_t> texts,
                           Tensor& embeddings) const {
  std::vector<std::vector<int64_t>> batch;
  batch.reserve(texts.size());
  for (const size_t text : texts) batch.push_back(token_ids[text]);
  Tensor vectors = model_.encoder.forward(pack(batch, model_.encoder.device()));
  vectors = vectors.narrow(1, 0, dims()).to(at::kFloat);
  if (*options_.normalize) vectors = vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
  vectors = vectors.cpu().contiguous();
  const auto* row = vectors.const_data_ptr<float>();
  for (size_t i = 0; i < texts.size(); ++i, row += dims())
    std::copy_n(row, dims(), embeddings.mutable_data_ptr<float>() + static_cast<int64_t>(texts[i]) * dims());
}

}  // namespace angle
