// How far a correlation may be off because these pairs were drawn and no others: the bootstrap (Efron, Annals
// of Statistics 1979). Pairs are drawn with replacement, as many as there are, and scored again; the spread
// of those scores is that of the score. Two models scored on the same resamples are compared pair by pair.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/metric.h"

namespace angle {

struct BootstrapOptions {
  int64_t resamples = 10000;  // 0: no intervals
  uint64_t seed = 42;
  int threads = 1;  // that score resamples, to the same result
};

/// The correlations of each resample, NaN where all labels or all scores of a resample are equal. Empty when
/// there is no correlation to begin with.
struct ResampledCorrelations {
  std::vector<double> pearson;   // [resamples]
  std::vector<double> spearman;  // [resamples], of ranks within the resample, ties averaged

  const std::vector<double>& of(Statistic statistic) const {
    return statistic == Statistic::pearson ? pearson : spearman;
  }
};

/// Bootstraps several scorings of the same pairs. Which pairs a resample holds depends on the seed, their
/// number and the number of the resample alone: resample i of two models is of the same pairs.
///
/// Time is linear in the number of pairs: each order is sorted once, and a resample counts ranks along it.
///
/// @param scores  each [pairs], or empty when something was not scored
/// @param labels  [pairs], fewer than 2³²
/// @return        one for each of `scores`
std::vector<ResampledCorrelations> resample_correlations(std::span<const std::vector<double>> scores,
                                                         std::span<const double> labels,
                                                         const BootstrapOptions& options = {});

/// {"method", "confidence", "resamples", "seed"}: how intervals were made.
nlohmann::json bootstrap_json(const BootstrapOptions& options);

/// How often each item is in a resample.
using ResampleCounts = std::vector<uint32_t>;

/// Several scores of a resample, always as many and in the same order; NaN for one that is undefined for it.
/// Called by several threads at once where the options say so.
using ResampleScorer = std::function<std::vector<double>(const ResampleCounts& counts)>;

/// Bootstraps scores that are not correlations: of classified pairs, of queries, of labelled texts. The
/// resamples are those of resample_correlations() for as many pairs.
///
/// @param items  that are drawn, at least one and fewer than 2³²
/// @return       [scores][resamples]; empty without resamples
std::vector<std::vector<double>> resample_scores(int64_t items, const ResampleScorer& score,
                                                 const BootstrapOptions& options = {});

/// Bounds of what a number may be.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// The percentile interval of 95 %: the 2.5 % and 97.5 % quantiles, between two values by linear
/// interpolation. NaNs are left out; empty when more than a twentieth are NaN, or when there are no values.
std::optional<Interval> confidence_interval(std::span<const double> resampled);

/// What there is too little of where a correlation that is defined has no interval, and where another score
/// has none.
inline constexpr const char* kWhyNoInterval =
    "in more than a twentieth of the resamples all labels or all scores are equal: too few pairs, or too few "
    "that differ";
inline constexpr const char* kWhyNoIntervalOfScore =
    "more than a twentieth of the resamples have no such score: too few pairs, queries or texts";

/// The two-sided bootstrap p-value of "there is no difference": twice the smaller share of differences on one
/// side of 0 (or at it), each counted with one more, so that it is never 0. Empty as confidence_interval()
/// is.
///
/// @param differences  resampled scores of one model minus those of the other
std::optional<double> difference_p_value(std::span<const double> differences);

}  // namespace angle
