// From token embeddings to one vector per text.
#pragma once

#include <string>

#include "angle/data/batch.h"
#include "angle/tensor.h"

namespace angle {

/// With tokens h_1 … h_n of a text (special tokens included):
enum class Pooling {
  cls,            // h_1
  mean,           // Σ h_t / n
  max,            // per dimension
  last,           // h_n
  cls_avg,        // (cls + mean) / 2
  cls_max,        // (cls + max) / 2
  mean_sqrt_len,  // Σ h_t / √n
  weightedmean,   // Σ t · h_t / Σ t
};

/// The pooling with that name; Error with the nearest name when there is none. `avg` is `mean`, as in
/// angle_emb.
///
/// @param where  what the name was given to, for the message
Pooling parse_pooling(const std::string& name, const std::string& where = "pooling");

std::string pooling_name(Pooling pooling);

/// @param token_embeddings  [tokens, hidden], packed as `batch` says
/// @return                  [texts, hidden], in packed order (see TokenBatch::row_of_text)
Tensor pool(const Tensor& token_embeddings, const TokenBatch& batch, Pooling pooling);

}  // namespace angle
