// The gradient cache (GradCache, Gao et al., arXiv 2101.06983): a batch of any size in the memory of one
// chunk.
//
// The objectives need the embeddings of the whole batch, but its encoder activations only a part at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "angle/model/dropout.h"
#include "angle/model/sentence_encoder.h"
#include "angle/tensor.h"

namespace angle {

/// The loss of a batch's embeddings [texts, dims]; a scalar.
using EmbeddingLoss = std::function<Tensor(const Tensor& embeddings)>;

/// Adds the gradient of `loss` to the encoder's parameters, like `loss(encoder.forward(…)).backward()`:
///
///  1. embed every chunk without a graph, keeping the state of the dropout stream before each;
///  2. the loss once over all embeddings, and its gradient by them;
///  3. embed every chunk again, with a graph and the same dropout masks, and inject its part of it.
///
/// One forward pass more than the plain step buys memory for one chunk only. Gradients are those of the plain
/// step to rounding; with dropout the masks are drawn chunk by chunk, so they are other masks of the same
/// distribution.
///
/// @param token_ids   one list per text
/// @param max_tokens  of a chunk; a longer text is a chunk of its own. Texts of like length share a chunk
void cached_backward(const SentenceEncoder& encoder, const Dropout& dropout,
                     std::span<const std::vector<int64_t>> token_ids, int64_t max_tokens,
                     const EmbeddingLoss& loss, const ActivationOptions& activations = {});

/// Embeddings of a batch without a graph and without dropout, a chunk at a time.
///
/// @param max_tokens  of a chunk; 0: the whole batch is one
/// @return            [texts, dims]
Tensor embed_in_chunks(const SentenceEncoder& encoder, std::span<const std::vector<int64_t>> token_ids,
                       int64_t max_tokens);

}  // namespace angle
