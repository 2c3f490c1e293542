// Matryoshka representation learning (Kusupati et al., arXiv 2205.13147): the first dimensions of an
// embedding are trained to be an embedding of their own, so that vectors can be cut after training.
#pragma once

#include <functional>

#include "angle/loss/objective.h"
#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

/// The objective of embeddings, whatever their number of dimensions.
using EmbeddingObjective = std::function<Objective(const Tensor& embeddings)>;

/// The weighted mean of the objective over the truncations (equation 1 of the paper, divided by Σ c_m so that
/// the learning rate keeps its meaning),
///
///     Σ_m c_m · objective(embeddings[:, : m]) / Σ_m c_m     m ∈ matryoshka_dims, c: matryoshka_weights
///
/// total and every term alike; counts are those of the first in the list. Each truncation is normalised, and
/// for the angle objective cut into halves, by itself. Without matryoshka_dims: the objective of the whole.
///
/// @param embeddings  [texts, dims], dims at least the largest of matryoshka_dims
Objective matryoshka_objective(const Tensor& embeddings, const LossOptions& options,
                               const EmbeddingObjective& objective);

}  // namespace angle
