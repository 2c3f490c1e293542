// What scoring the pairs of a file gives: correlations of five similarities with the labels. Knows no torch;
// sts.h computes it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "angle/data/examples.h"
#include "angle/eval/metric.h"

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

/// Both correlations of scores and labels; none when there are not as many, because nothing was scored.
Correlation correlate(std::span<const double> scores, std::span<const double> labels);

/// One Correlation for each similarity, in the order of kSimilarities.
using Correlations = std::array<Correlation, kSimilarities.size()>;

struct StsScores {
  int64_t pairs = 0;
  int64_t texts = 0;             // distinct ones, each encoded once
  int64_t cut_texts = 0;         // of these, how many were longer than the model reads
  int64_t texts_in_windows = 0;  // of them, how many were read in several windows instead
  int64_t zero_vectors = 0;  // distinct texts whose embedding is zero; loss/similarity.h says what they score
  Correlations correlations;
  std::optional<double> swap_asymmetry;  // mean |angle(left, right) − angle(right, left)|

  /// What was correlated with the labels: [pairs] for each similarity, empty for the angle of an odd number
  /// of dims.
  std::array<std::vector<double>, kSimilarities.size()> similarities;

  std::optional<double> value(const Metric& metric) const {
    return correlations[static_cast<size_t>(metric.similarity)].value(metric.statistic);
  }
};

/// Told as texts are embedded: how many are done, of how many.
using TextProgress = std::function<void(int64_t done, int64_t texts)>;

/// How the pairs of a file become scores.
using PairScorer = std::function<StsScores(std::span<const ScoredPair>, const TextProgress&)>;

}  // namespace angle
