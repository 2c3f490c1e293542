// The "loss" block of a configuration: weights, scales and choices of the three objectives. Knows no torch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/json_enum.h"

namespace angle {

/// What the cosine objective makes of scores and labels: it ranks them (the paper; see loss/ranking.h), or
/// brings each score to its label (Sentence-BERT; see loss/regression.h).
enum class CosineObjective { ranking, regression };

/// How the angle between two embeddings becomes the score of the cosine objective; see loss/similarity.h.
enum class CosineVariant { cosine, arccos, dot };

/// How a pair of complex vectors becomes a score; see loss/similarity.h.
enum class AngleVariant { angle_emb, hermitian, phase };

/// What happens to texts that occur more than once in a batch; see loss/contrastive.h.
enum class DuplicatePolicy { none, drop, mask, positive };

/// What the sum over rows of the in-batch loss is divided by: all texts of the batch, or those of positive
/// pairs.
enum class InBatchDivisor { all_rows, positive_rows };

ANGLE_JSON_ENUM(CosineObjective,
                {{CosineObjective::ranking, "ranking"}, {CosineObjective::regression, "regression"}})
ANGLE_JSON_ENUM(CosineVariant, {{CosineVariant::cosine, "cosine"},
                                {CosineVariant::arccos, "arccos"},
                                {CosineVariant::dot, "dot"}})
ANGLE_JSON_ENUM(AngleVariant, {{AngleVariant::angle_emb, "angle_emb"},
                               {AngleVariant::hermitian, "hermitian"},
                               {AngleVariant::phase, "phase"}})
ANGLE_JSON_ENUM(DuplicatePolicy, {{DuplicatePolicy::none, "none"},
                                  {DuplicatePolicy::drop, "drop"},
                                  {DuplicatePolicy::mask, "mask"},
                                  {DuplicatePolicy::positive, "positive"}})
ANGLE_JSON_ENUM(InBatchDivisor,
                {{InBatchDivisor::all_rows, "all_rows"}, {InBatchDivisor::positive_rows, "positive_rows"}})

/// A weight of 0 switches its term off. A scale multiplies a score and is 1/τ of the paper. The defaults are
/// those of angle_emb's STS-B recipe.
struct LossOptions {
  double cosine_weight = 1.0;
  double cosine_scale = 20.0;  // of ranking; regression has none
  CosineObjective cosine_objective = CosineObjective::ranking;
  CosineVariant cosine_similarity = CosineVariant::cosine;
  std::vector<double> regression_labels = {0, 1};  // of regression: the labels that should score 0 and 1

  double in_batch_weight = 1.0;  // also weighs both contrastive terms of pairs and triplets
  double in_batch_scale = 20.0;

  double angle_weight = 0.02;
  double angle_scale = 20.0;
  AngleVariant angle_similarity = AngleVariant::angle_emb;

  // Labels from here on are positive. 1 fits labels 0 and 1; graded labels need their own. A data set may
  // have one of its own.
  double positive_threshold = 1.0;
  DuplicatePolicy duplicates = DuplicatePolicy::positive;
  InBatchDivisor in_batch_divisor = InBatchDivisor::all_rows;  // scored pairs only; all_rows as in angle_emb
  bool symmetric = false;  // pairs and triplets: the mean of query → positive and positive → query

  std::vector<int64_t> matryoshka_dims;    // also train the first so many dimensions; see loss/matryoshka.h
  std::vector<double> matryoshka_weights;  // one for each of them; []: all alike

  /// Whether labels are reached as well as compared.
  bool regresses() const { return cosine_weight > 0 && cosine_objective == CosineObjective::regression; }

  /// The same for labels with a threshold of their own, if they have one.
  LossOptions with_threshold(const std::optional<double>& own) const {
    LossOptions options = *this;
    options.positive_threshold = own.value_or(positive_threshold);
    return options;
  }
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LossOptions, cosine_weight, cosine_scale, cosine_objective,
                                                cosine_similarity, regression_labels, in_batch_weight,
                                                in_batch_scale, angle_weight, angle_scale, angle_similarity,
                                                positive_threshold, duplicates, in_batch_divisor, symmetric,
                                                matryoshka_dims, matryoshka_weights)

}  // namespace angle
