// The softmax cross entropy behind the contrastive losses, a block of rows at a time.
#pragma once

#include <cstdint>

#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

/// Which texts of a softmax are equal, and what follows from it.
struct Duplicates {
  DuplicatePolicy policy = DuplicatePolicy::none;
  Tensor anchor_ids;     // [anchors] int64, used by the policies `mask` and `positive`
  Tensor candidate_ids;  // [candidates] int64, likewise
};

/// What each anchor looks for among the candidates.
struct SoftmaxRows {
  Tensor target;  // [anchors] int64: the candidate that is the anchor's positive
  Tensor self;    // [anchors] int64: the candidate that is the anchor itself, left out; undefined if none is
  Tensor weight;  // [anchors] float64: the factor of each row in the sum
  Duplicates duplicates;
};

/// Scores in memory at once, in each of a few temporary matrices: 16 MiB in float32.
constexpr int64_t kScoresPerBlock = int64_t{1} << 22;

/// Σ weight·(mean over targets of −log softmax of scale·anchor·candidate). The policies are those of
/// loss/contrastive.h.
///
/// The gradient is computed together with the value, block by block, and kept until backward: three matrix
/// products in all, and nothing of [anchors, candidates] outlives its block.
///
/// @param anchors     [anchors, hidden], rows of length 1
/// @param candidates  [candidates, hidden], rows of length 1
/// @return            [] in the type of the anchors
Tensor blocked_cross_entropy(const Tensor& anchors, const Tensor& candidates, const SoftmaxRows& rows,
                             double scale, int64_t scores_per_block = kScoresPerBlock);

}  // namespace angle
