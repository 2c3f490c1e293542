// A batch of texts as one row of tokens after another: packed, never padded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/tensor.h"

namespace angle {

/// Consecutive texts of a batch that have the same length; their tokens form a [texts, length] block.
struct LengthGroup {
  int64_t first_token;  // where the block begins in the batch
  int64_t texts;
  int64_t length;  // tokens per text

  int64_t tokens() const { return texts * length; }
};

/// Texts sorted by length and concatenated. There is no padding and no mask, so no work is wasted and a
/// text cannot see its neighbours.
struct TokenBatch {
  Tensor token_ids;                 // [tokens] int64
  Tensor position_ids;              // [tokens] int64: 0, 1, 2, … within each text
  Tensor row_of_text;               // [texts] int64: packed row of the caller's text i
  Tensor offsets;                   // [texts + 1] int32: the first token of each packed text, and the end
  std::vector<LengthGroup> groups;  // shortest first, in packed order

  int64_t num_tokens() const { return token_ids.size(0); }
  int64_t num_texts() const { return row_of_text.size(0); }
  int64_t max_length() const { return groups.back().length; }  // tokens of the longest text
};

/// Packs token ids, one list per text, none of them empty. For a GPU they go there in one copy that nobody
/// waits for.
TokenBatch pack(std::span<const std::vector<int64_t>> token_ids, at::Device device = at::kCPU);

/// Indices of texts cut into consecutive runs of at most `max_tokens` tokens (a longer text is a run of its
/// own), shortest texts first: texts of like length share a batch, which keeps its groups large.
std::vector<std::vector<size_t>> length_sorted_batches(std::span<const std::vector<int64_t>> token_ids,
                                                       int64_t max_tokens);

/// Indices of texts dealt out so that every share has about as many tokens: the longest first, then forth and
/// back between the shares. Each share keeps the caller's order; with fewer texts than shares some are empty.
std::vector<std::vector<size_t>> balanced_shares(std::span<const std::vector<int64_t>> token_ids,
                                                 size_t shares);

}  // namespace angle
