// The ranking loss of the cosine and the angle objective (the CoSENT form; AnglE, arXiv:2309.12871), exact,
// without its matrix of all pairs of pairs.
#pragma once

#include "angle/tensor.h"

namespace angle {

/// log(1 + Σ exp(scale·(s_i − s_j))) over all i, j with y_i < y_j: pairs labelled lower should score lower.
///
/// Depends on the order of the labels only, and not on the order of the pairs; equal labels are not compared
/// with each other. If there is nothing to compare (all labels equal, one pair, none) the loss and its
/// gradient are exactly 0.
///
/// Takes O(pairs·log(pairs)) time and O(pairs) memory: with the labels ascending, each score meets one
/// running log-sum-exp of all lower labels, and the gradient follows from that and its mirror image in closed
/// form. Sums are float64 whatever the inputs are, and safe for any finite score. The same operations run on
/// a GPU, without waiting for it.
///
/// @param scores  [pairs], bigger means more similar
/// @param labels  [pairs], gold similarity on any scale, no NaN; gets no gradient
/// @param scale   multiplies the scores; 1/τ of the paper
/// @return        [] float64 for float64 scores, else float32; can be differentiated once
Tensor ranking_loss(const Tensor& scores, const Tensor& labels, double scale);

}  // namespace angle
