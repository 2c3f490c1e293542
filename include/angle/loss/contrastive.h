// Contrastive losses: each text has to find its positive among the other texts of the batch (AnglE,
// arXiv:2309.12871, the in-batch negative objective).
//
// A row is one anchor text with its softmax over candidates C and its targets T ⊆ C:
//
//     row = mean over t ∈ T of −log( exp(scale·cos(anchor, t)) / Σ_{c∈C} exp(scale·cos(anchor, c)) )
//
// Duplicates. A *copy* is a candidate with the text of the anchor or the text of its positive, other than
// these two themselves. Policy `mask` leaves copies out of C, `positive` (the paper's) adds them to T, `none`
// and `drop` leave them as negatives (what `drop` removes is gone before the batch is encoded; see
// loss/duplicates.h). With several targets a row is their mean, so a text does not weigh more because it is
// repeated; the reference adds them up. Without duplicates in the batch the policies are equal.
//
// The matrix of all scores is never whole in memory: it is made, and its gradient taken, a block of rows at a
// time. Scores are float64 for float64 embeddings, else float32. Zero rows score 0 with every candidate.
#pragma once

#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

struct InBatchOptions {
  double scale = 20.0;  // 1/τ of the paper
  DuplicatePolicy duplicates = DuplicatePolicy::none;
  InBatchDivisor divisor = InBatchDivisor::all_rows;
};

/// In-batch negatives of scored pairs: the anchors are all 2·pairs texts, the candidates of each all texts
/// but itself, its positive the other side of its pair.
///
/// Only texts of positive pairs have a row; the other texts are candidates. The sum over rows is divided by
/// 2·pairs (`all_rows`, as angle_emb does: the loss shrinks with the share of positive pairs) or by the
/// number of rows (`positive_rows`). Without a positive pair the loss and its gradient are 0.
///
/// @param left, right  [pairs, hidden]
/// @param positive     [pairs] bool
/// @param identities   [2·pairs] int64, equal for equal texts: all left texts, then all right texts; not
///                     needed by the policies `none` and `drop`
/// @return             [] float64 for float64 embeddings, else float32; can be differentiated once
Tensor in_batch_negative_loss(const Tensor& left, const Tensor& right, const Tensor& positive,
                              const Tensor& identities, const InBatchOptions& options = {});

struct ContrastiveOptions {
  double scale = 20.0;  // 1/τ of the paper
  DuplicatePolicy duplicates = DuplicatePolicy::none;
  bool symmetric = false;  // the mean of query → positive and positive → query
};

/// Contrastive loss of pairs, with or without hard negatives: the anchors are the queries, the candidates all
/// positives and then all negatives of the batch, the positive of a query the one in its row. The mean over
/// queries. In the other direction, positive → query, the candidates are the queries alone.
///
/// @param query, positive  [pairs, hidden]
/// @param negatives        [negatives, hidden], any number, in any order; undefined if there are none
/// @param identities       [2·pairs + negatives] int64, equal for equal texts: queries, positives,
///                         negatives; not needed by the policies `none` and `drop`
/// @return                 [] float64 for float64 embeddings, else float32; can be differentiated once
Tensor contrastive_loss(const Tensor& query, const Tensor& positive, const Tensor& negatives,
                        const Tensor& identities, const ContrastiveOptions& options = {});

}  // namespace angle
