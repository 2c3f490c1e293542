// Pairs that mean the same or not, told apart by a threshold on their similarity: positive when the score is
// at least the threshold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "angle/eval/bootstrap.h"

namespace angle {

/// Pairs by what they are and what they were taken for.
struct Confusion {
  int64_t true_positives = 0;
  int64_t false_positives = 0;
  int64_t false_negatives = 0;
  int64_t true_negatives = 0;

  double accuracy() const;
  double precision() const;  // 0 when nothing was taken for positive
  double recall() const;     // 0 when nothing is positive
  double f1() const;         // their harmonic mean, 0 when there is no true positive
};

/// @param labels  [pairs] 0 or 1
/// @param counts  [pairs] how often each is in a resample; empty: each once
Confusion confusion_at(double threshold, std::span<const double> scores, std::span<const double> labels,
                       const ResampleCounts& counts = {});

/// Σ over the distinct scores, descending, of (recall − recall before) · precision: scikit-learn's
/// average_precision_score, equal scores being one step. Empty when no pair is positive or a score is not
/// finite.
std::optional<double> average_precision(std::span<const double> scores, std::span<const double> labels);

/// The average precision of many resamples of the same pairs: they are sorted once.
class ResampledPrecision {
 public:
  /// @param scores  [pairs] finite
  /// @param labels  [pairs] 0 or 1
  ResampledPrecision(std::span<const double> scores, std::span<const double> labels);

  /// average_precision() of a resample; NaN when no pair of it is positive.
  double operator()(const ResampleCounts& counts) const;

 private:
  struct Pair {
    uint32_t number;
    bool is_positive;
    bool ends_step;  // the next score is another one
  };
  std::vector<Pair> pairs_;  // by descending score
};

/// The thresholds with the highest F1 and the highest accuracy, the highest threshold among equals, each
/// half-way to the next lower score (or the lowest score itself): where sentence-transformers puts it.
struct BestThresholds {
  double f1 = 0.0;
  double accuracy = 0.0;
};

/// Empty as average_precision() is.
std::optional<BestThresholds> best_thresholds(std::span<const double> scores, std::span<const double> labels);

}  // namespace angle
