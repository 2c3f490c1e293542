// How far two scorers agree.
#pragma once

#include <optional>
#include <span>

namespace angle {

/// Cohen's kappa with quadratic weights (Cohen 1968) for scores from 0 to `highest`, rounded to whole
/// numbers: 1 − Σ d² observed / Σ d² expected, where d is the difference of two scores and "expected" pairs
/// each score of one with each of the other. 1: always the same; 0: no better than chance. None for no pairs,
/// and when both give one and the same score throughout.
///
/// @param left, right  of the same length
std::optional<double> weighted_kappa(std::span<const double> left, std::span<const double> right,
                                     int highest);

}  // namespace angle
