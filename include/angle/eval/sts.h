// Semantic textual similarity: how well the similarities of embeddings follow gold labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "angle/embed/embedder.h"
#include "angle/eval/sts_scores.h"
#include "angle/loss/options.h"
#include "angle/tensor.h"

namespace angle {

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
/// @return             everything but cut_texts and texts_in_windows
StsScores score_pairs(const Tensor& vectors, std::span<const int64_t> left, std::span<const int64_t> right,
                      std::span<const double> labels, AngleVariant angle = AngleVariant::angle_emb);

/// Embeds each distinct text once and scores the pairs.
StsScores evaluate_pairs(Embedder& embedder, std::span<const ScoredPair> pairs,
                         AngleVariant angle = AngleVariant::angle_emb, const TextProgress& progress = {});

}  // namespace angle
