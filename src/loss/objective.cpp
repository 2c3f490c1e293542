#include "angle/loss/objective.h"

#include <ATen/ATen.h>

#include "angle/loss/contrastive.h"
#include "angle/loss/duplicates.h"
#include "angle/loss/ranking.h"
#include "angle/loss/regression.h"
#include "angle/loss/similarity.h"

namespace angle {
namespace {

Tensor cosine_term(const Tensor& left, const Tensor& right, const Tensor& labels,
                   const LossOptions& options) {
  const Tensor scores = angle::cosine_similarity(left, right, options.cosine_similarity);
  switch (options.cosine_objective) {
    case CosineObjective::ranking:
      return ranking_loss(scores, labels, options.cosine_scale);
    case CosineObjective::regression:
      return regression_loss(scores, labels, options.regression_labels.at(0),
                             options.regression_labels.at(1));
  }
  TORCH_CHECK(false, "objective: no such cosine objective");
}

/// The two terms that compare a similarity with labels.
Objective labelled_terms(const Tensor& left, const Tensor& right, const Tensor& labels,
                         const LossOptions& options) {
  Objective objective;
  if (options.cosine_weight != 0) objective.cosine = cosine_term(left, right, labels, options);
  if (options.angle_weight != 0) {
    objective.angle =
        ranking_loss(angle_similarity(left, right, options.angle_similarity), labels, options.angle_scale);
  }
  return objective;
}

void add_total(Objective& objective, const LossOptions& options) {
  const auto add = [&](const Tensor& term, double weight) {
    if (!term.defined()) return;
    objective.total = objective.total.defined() ? objective.total + weight * term : weight * term;
  };
  add(objective.cosine, options.cosine_weight);
  add(objective.in_batch, options.in_batch_weight);
  add(objective.angle, options.angle_weight);
  TORCH_CHECK(objective.total.defined(), "objective: every term that this data can use has the weight 0");
}

void add_counts(Objective& objective, at::TensorList embeddings, const Tensor& identities) {
  objective.zero_rows = zero_rows(at::cat(embeddings)).sum();
  if (identities.defined()) objective.duplicates = count_duplicates(identities);
}

ContrastiveOptions contrastive_options(const LossOptions& options) {
  return {.scale = options.in_batch_scale, .duplicates = options.duplicates, .symmetric = options.symmetric};
}

Tensor count_rows(const Tensor& rows) { return at::full({}, rows.size(0), rows.options().dtype(at::kLong)); }

}  // namespace

Objective scored_pairs_objective(const Tensor& left, const Tensor& right, const Tensor& labels,
                                 const Tensor& identities, const LossOptions& options) {
  const Tensor is_positive = labels >= options.positive_threshold;  // [pairs]
  Objective objective = labelled_terms(left, right, labels, options);
  if (options.in_batch_weight != 0) {
    objective.in_batch = in_batch_negative_loss(left, right, is_positive, identities,
                                                {.scale = options.in_batch_scale,
                                                 .duplicates = options.duplicates,
                                                 .divisor = options.in_batch_divisor});
  }
  objective.positive_rows = is_positive.sum();
  add_counts(objective, {left, right}, identities);
  add_total(objective, options);
  return objective;
}

Objective positive_pairs_objective(const Tensor& query, const Tensor& positive, const Tensor& identities,
                                   const LossOptions& options) {
  Objective objective;
  if (options.in_batch_weight != 0) {
    objective.in_batch = contrastive_loss(query, positive, {}, identities, contrastive_options(options));
  }
  objective.positive_rows = count_rows(query);
  add_counts(objective, {query, positive}, identities);
  add_total(objective, options);
  return objective;
}

Objective triplets_objective(const Tensor& query, const Tensor& positive, const HardNegatives& negatives,
                             const Tensor& identities, const LossOptions& options) {
  const Tensor left =
      at::cat({query, query.index_select(0, negatives.triplet)});  // [triplets + negatives, hidden]
  const Tensor right = at::cat({positive, negatives.embeddings});  // [triplets + negatives, hidden]
  const Tensor labels = at::cat(
      {at::ones(query.size(0), query.options()), at::zeros(negatives.embeddings.size(0), query.options())});
  Objective objective = labelled_terms(left, right, labels, options);
  if (options.in_batch_weight != 0) {
    const auto contrastive = contrastive_options(options);
    const Tensor pair_identities =
        identities.defined() ? identities.slice(0, 0, 2 * query.size(0)) : identities;
    objective.in_batch = (contrastive_loss(query, positive, {}, pair_identities, contrastive) +
                          contrastive_loss(query, positive, negatives.embeddings, identities, contrastive)) /
                         2;
  }
  objective.positive_rows = count_rows(query);
  add_counts(objective, {query, right}, identities);
  add_total(objective, options);
  return objective;
}

}  // namespace angle
