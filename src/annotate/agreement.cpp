#include "annotate/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace angle {
namespace {

double squared(double number) { return number * number; }

std::vector<double> count_scores(std::span<const double> scores, int highest) {
  std::vector<double> counts(static_cast<size_t>(highest) + 1);
  for (const double score : scores)
    ++counts[static_cast<size_t>(std::clamp(std::lround(score), 0L, long{highest}))];
  return counts;
}

}  // namespace

std::optional<double> weighted_kappa(std::span<const double> left, std::span<const double> right,
                                     int highest) {
  if (left.empty()) return std::nullopt;
  const std::vector<double> lefts = count_scores(left, highest), rights = count_scores(right, highest);
  double observed = 0, expected = 0;
  for (size_t i = 0; i < left.size(); ++i)
    observed += squared(static_cast<double>(std::lround(left[i]) - std::lround(right[i])));
  for (size_t i = 0; i < lefts.size(); ++i)
    for (size_t j = 0; j < rights.size(); ++j)
      expected += lefts[i] * rights[j] * squared(static_cast<double>(i) - static_cast<double>(j));
  expected /= static_cast<double>(left.size());
  if (expected == 0) return std::nullopt;
  return 1 - observed / expected;
}

}  // namespace angle
