// Semantic textual similarity: how well the similarities of embeddings follow gold labels.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "angle/data/examples.h"
#include "angle/embed/embedder.h"
#include "angle/eval/metric.h"
#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

/// Correlations of one similarity with the labels, in [-1, 1].
struct Correlation {
  std::optional<double> pearson;
  std::optional<double> spearman;
  std::string why_undefined;  // in words, when they are empty

  std::optional<double> value(Statistic statistic) const {
    return statistic == Statistic::pearson ? pearson : spearman;
  }
};

/// One Correlation for each similarity, in the order of kSimilarities.
using Correlations = std::array<Correlation, kSimilarities.size()>;

struct StsScores {
  int64_t pairs = 0;
  int64_t texts = 0;         // distinct ones, each encoded once
  int64_t cut_texts = 0;     // of these, how many were longer than the model reads
  int64_t zero_vectors = 0;  // distinct texts whose embedding is zero; loss/similarity.h says what they score
  Correlations correlations;
  std::optional<double> swap_asymmetry;  // mean |angle(left, right) − angle(right, left)|

  std::optional<double> value(const Metric& metric) const {
    return correlations[static_cast<size_t>(metric.similarity)].value(metric.statistic);
  }
};

/// The distinct texts of pairs, in order of appearance, and which of them each pair is made of.
struct IndexedPairs {
  std::vector<std::string> texts;
  std::vector<int64_t> left;   // [pairs], indices of texts
  std::vector<int64_t> right;  // [pairs]
};

IndexedPairs index_texts(std::span<const ScoredPair> pairs);

/// Scores pairs of embeddings. Similarities are computed in float64, a block of pairs at a time. The cosine
/// and the angle similarity of two equal rows are exact, so that pairs of identical texts tie instead of
/// being ranked by rounding errors. Zero rows: see loss/similarity.h.
///
/// @param vectors      [texts, dims] float32
/// @param left, right  [pairs] int64, rows of vectors
/// @param labels       [pairs]
/// @return             everything but cut_texts
StsScores score_pairs(const Tensor& vectors, std::span<const int64_t> left, std::span<const int64_t> right,
                      std::span<const double> labels, AngleVariant angle = AngleVariant::angle_emb);

/// Told as texts are embedded: how many are done, of how many.
using TextProgress = std::function<void(int64_t done, int64_t texts)>;

/// Embeds each distinct text once and scores the pairs.
StsScores evaluate_pairs(Embedder& embedder, std::span<const ScoredPair> pairs,
                         AngleVariant angle = AngleVariant::angle_emb, const TextProgress& progress = {});

}  // namespace angle
