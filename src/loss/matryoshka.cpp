#include "angle/loss/matryoshka.h"

#include <numeric>

#include <ATen/ATen.h>

namespace angle {
namespace {

/// sum + share · term, where a term that the data do not have stays absent.
Tensor plus(const Tensor& sum, const Tensor& term, double share) {
  if (!term.defined()) return sum;
  return sum.defined() ? sum + share * term : share * term;
}

}  // namespace

Objective matryoshka_objective(const Tensor& embeddings, const LossOptions& options,
                               const EmbeddingObjective& objective) {
  const std::vector<int64_t>& dims = options.matryoshka_dims;
  if (dims.empty()) return objective(embeddings);
  const std::vector<double> weights =
      options.matryoshka_weights.empty() ? std::vector<double>(dims.size(), 1.0) : options.matryoshka_weights;
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  Objective mean;
  for (size_t i = 0; i < dims.size(); ++i) {
    const Objective one = objective(embeddings.narrow(1, 0, dims[i]));
    const double share = weights[i] / all;
    mean.total = plus(mean.total, one.total, share);
    mean.cosine = plus(mean.cosine, one.cosine, share);
    mean.in_batch = plus(mean.in_batch, one.in_batch, share);
    mean.angle = plus(mean.angle, one.angle, share);
    if (i > 0) continue;
    mean.positive_rows = one.positive_rows;
    mean.zero_rows = one.zero_rows;
    mean.duplicates = one.duplicates;
  }
  return mean;
}

}  // namespace angle
