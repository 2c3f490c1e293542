#include "angle/train/gradient_cache.h"

#include <limits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/data/transfer.h"

namespace angle {
namespace {

/// Some texts of the batch, encoded together.
struct Chunk {
  Tensor texts;  // [chunk] int64: their places in the batch
  TokenBatch batch;
  int64_t dropout_draws = 0;  // before the chunk was first encoded
};

std::vector<Chunk> cut(std::span<const std::vector<int64_t>> token_ids, int64_t max_tokens,
                       at::Device device) {
  std::vector<Chunk> chunks;
  for (const std::vector<size_t>& texts : length_sorted_batches(token_ids, max_tokens)) {
    std::vector<std::vector<int64_t>> ids;
    for (const size_t text : texts) ids.push_back(token_ids[text]);
    const std::vector<int64_t> places(texts.begin(), texts.end());
    chunks.push_back({to_device(places, device), pack(ids, device)});
  }
  return chunks;
}

/// Step 1.  @return [texts, dims], a leaf that collects a gradient
Tensor embed_without_graph(const SentenceEncoder& encoder, const Dropout& dropout,
                           const ActivationOptions& activations, std::vector<Chunk>& chunks) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> parts, places;
  for (Chunk& chunk : chunks) {
    chunk.dropout_draws = dropout.draws();
    parts.push_back(encoder.forward(chunk.batch, dropout, {.type = activations.type}));
    places.push_back(chunk.texts);
  }
  const Tensor packed = at::cat(parts);
  return at::empty_like(packed).index_copy_(0, at::cat(places), packed).requires_grad_(true);
}

}  // namespace

void cached_backward(const SentenceEncoder& encoder, const Dropout& dropout,
                     std::span<const std::vector<int64_t>> token_ids, int64_t max_tokens,
                     const EmbeddingLoss& loss, const ActivationOptions& activations) {
  std::vector<Chunk> chunks = cut(token_ids, max_tokens, encoder.device());
  const Tensor embeddings = embed_without_graph(encoder, dropout, activations, chunks);
  loss(embeddings).backward();
  const int64_t draws = dropout.draws();
  for (const Chunk& chunk : chunks) {
    dropout.go_to(chunk.dropout_draws);
    encoder.forward(chunk.batch, dropout, activations)
        .backward(embeddings.grad().index_select(0, chunk.texts));
  }
  dropout.go_to(draws);
}

Tensor embed_in_chunks(const SentenceEncoder& encoder, std::span<const std::vector<int64_t>> token_ids,
                       int64_t max_tokens) {
  const int64_t limit = max_tokens > 0 ? max_tokens : std::numeric_limits<int64_t>::max();
  std::vector<Chunk> chunks = cut(token_ids, limit, encoder.device());
  return embed_without_graph(encoder, Dropout(), ActivationOptions(), chunks).detach();
}

}  // namespace angle
