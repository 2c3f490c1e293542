// The training objective: the weighted sum of the cosine, in-batch and angle terms (AnglE, arXiv:2309.12871),
// one function for each form of data.
#pragma once

#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

/// The loss of a batch, with every term apart for the log. Terms are not weighted; a term that was not
/// computed, because its weight is 0 or the data has no use for it, is undefined. The counts are 0-dim int64
/// tensors on the device of the embeddings, so that nothing waits for a GPU until they are read.
struct Objective {
  Tensor total;     // [] cosine_weight·cosine + in_batch_weight·in_batch + angle_weight·angle
  Tensor cosine;    // []
  Tensor in_batch;  // []
  Tensor angle;     // []

  Tensor positive_rows;  // scored pairs that reach positive_threshold; all rows of pairs and triplets
  Tensor zero_rows;      // embeddings without a direction, which teach nothing
  Tensor duplicates;     // texts that repeat an earlier one of the batch; undefined without identities
};

/// Pairs with labels: all three terms. A pair is positive when its label is at least `positive_threshold`.
///
/// @param left, right  [pairs, hidden]; hidden even if the angle term is used
/// @param labels       [pairs], on the scale of positive_threshold, no NaN
/// @param identities   [2·pairs] int64, left texts then right texts; see loss/contrastive.h
Objective scored_pairs_objective(const Tensor& left, const Tensor& right, const Tensor& labels,
                                 const Tensor& identities, const LossOptions& options);

/// Pairs known to be positive: the contrastive term alone, as in_batch. There are no labels to rank by, so
/// the weights of the cosine and the angle term are not read.
///
/// @param query, positive  [pairs, hidden]
/// @param identities       [2·pairs] int64, queries then positives; see loss/contrastive.h
Objective positive_pairs_objective(const Tensor& query, const Tensor& positive, const Tensor& identities,
                                   const LossOptions& options);

/// The negatives of a batch of triplets; a query may have several, or none.
struct HardNegatives {
  Tensor embeddings;  // [negatives, hidden]
  Tensor triplet;     // [negatives] int64: the row of the query that each negative belongs to
};

/// Triplets of query, positive and negatives.
///
/// in_batch is the mean of two contrastive losses, over the positives and over positives and negatives,
///
///     in_batch = ( contrastive(query, positive) + contrastive(query, positive, negatives) ) / 2
///
/// as in angle_emb, where each has its own weight; here both have in_batch_weight. cosine and angle compare
/// all (query, positive), labelled 1, with all (query, negative), labelled 0.
///
/// @param query, positive  [triplets, hidden]; hidden even if the angle term is used
/// @param identities       [2·triplets + negatives] int64: queries, positives, negatives
Objective triplets_objective(const Tensor& query, const Tensor& positive, const HardNegatives& negatives,
                             const Tensor& identities, const LossOptions& options);

}  // namespace angle
