#include "angle/eval/correlation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace angle {
namespace {

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

bool all_equal(std::span<const double> values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

/// Values minus their mean, divided by a power of two near the largest: their squares then neither under- nor
/// overflow, and no digit is lost, so that the deviations of ranks stay exact.
std::vector<double> deviations(std::span<const double> values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double largest = 0.0;
  for (const double value : values) largest = std::max(largest, std::abs(value - mean));

  const int exponent = largest > 0.0 ? -std::ilogb(largest) : 0;
  std::vector<double> result;
  result.reserve(values.size());
  for (const double value : values) result.push_back(std::ldexp(value - mean, exponent));
  return result;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

}  // namespace

std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });

  std::vector<double> ranks(values.size());
  for (size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    // Ranks first + 1 … end; their mean is a multiple of one half, exact in double.
    const double rank = static_cast<double>(first + 1 + end) / 2.0;
    for (size_t i = first; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

std::string why_undefined(std::span<const double> scores, std::span<const double> labels) {
  if (scores.size() < 2) return "fewer than two pairs";
  if (!all_finite(labels)) return "a label is not a finite number";
  if (!all_finite(scores)) return "a score is not a finite number";
  if (all_equal(labels)) return "all labels are equal";
  if (all_equal(scores)) return "all scores are equal";
  return {};
}

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  if (!why_undefined(x, y).empty()) return std::nullopt;

  const auto dx = deviations(x);
  const auto dy = deviations(y);
  return std::clamp(dot(dx, dy) / std::sqrt(dot(dx, dx) * dot(dy, dy)), -1.0, 1.0);
}

std::optional<double> spearman(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  if (!why_undefined(x, y).empty()) return std::nullopt;
  return pearson(average_ranks(x), average_ranks(y));
}

}  // namespace angle
