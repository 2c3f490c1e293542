// How well predicted scores follow gold labels: Pearson's and Spearman's correlation.
//
// Both are computed in double, in two passes (means first, then deviations), so a large offset of the values
// costs no digits. Where a correlation has no value the result is empty, never NaN.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace angle {

/// The rank of each value, 1 for the smallest; equal values share the mean of their ranks. No value may be
/// NaN.
std::vector<double> average_ranks(std::span<const double> values);

/// Pearson's r = Σ (x−x̄)(y−ȳ) / √(Σ (x−x̄)² · Σ (y−ȳ)²), in [−1, 1]. Empty for fewer than two pairs, when
/// all x or all y are equal, and when a value is infinite or NaN.
///
/// @param x, y  of the same length
std::optional<double> pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's ρ: Pearson's r of the average ranks (SciPy's spearmanr). Empty as pearson() is.
std::optional<double> spearman(std::span<const double> x, std::span<const double> y);

/// Why scores and labels have no correlation, in words for a report; empty when they have one.
std::string why_undefined(std::span<const double> scores, std::span<const double> labels);

}  // namespace angle
