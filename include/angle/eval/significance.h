// Is a difference more than chance? Tests for a few paired measurements (the same seeds, the same splits),
// and what to do when there are several differences to judge.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace angle {

struct Spread {
  double mean = 0.0;
  std::optional<double> deviation;  // standard, with n − 1; empty for a single value
};

/// @param values  at least one
Spread spread_of(std::span<const double> values);

/// The two-sided p-value of Student's t: the probability of a value as far from 0, or farther, with so many
/// degrees of freedom.
///
/// It is the regularized incomplete beta function I_x(ν/2, 1/2) at x = ν / (ν + t²) (NIST DLMF 8.17), exact
/// to about 12 digits.
///
/// @param degrees  ν, at least 1
double student_p_value(double t, double degrees);

/// The paired t-test of "the mean difference is 0" (Student, Biometrika 1908), two-sided. Differences that
/// are all 0 have p = 1. Empty for fewer than two, and for differences that are all the same: they have no
/// spread to test with.
std::optional<double> paired_t_test(std::span<const double> differences);

/// Holm's correction (Scandinavian Journal of Statistics 1979): p-values adjusted so that judging all of them
/// at 5 % finds any difference where there is none with a probability of at most 5 %, whatever their
/// dependence. The smallest is multiplied by their number, the next by one less, and so on; none is smaller
/// than one before it, or above 1. In the order given.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace angle
