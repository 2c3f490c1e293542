#include "angle/eval/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace angle {
namespace {

/// The regularized incomplete beta function by its continued fraction (DLMF 8.17.22), from the last term to
/// the first. The fraction converges fast below x = (a + 1) / (a + b + 2), above it serves 1 − I_y(b, a).
///
/// @param y  1 − x, given for its own digits
double incomplete_beta(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, y, x);
  constexpr int kTerms = 500;
  double fraction = 1;
  for (int term = kTerms; term >= 1; --term) {
    const double m = term / 2;  // NOLINT(bugprone-integer-division): terms come in pairs
    const double numerator = term % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                           : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + numerator / fraction;
  }
  const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  return std::exp(a * std::log(x) + b * std::log(y) - log_beta) / (a * fraction);
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Spread spread{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count, .deviation = {}};
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (count - 1));
  return spread;
}

double student_p_value(double t, double degrees) {
  if (std::isinf(t)) return 0;
  const double sum = degrees + t * t;
  return incomplete_beta(degrees / 2, 0.5, degrees / sum, t * t / sum);
}

std::optional<double> paired_t_test(std::span<const double> differences) {
  if (differences.size() < 2) return std::nullopt;
  const Spread spread = spread_of(differences);
  if (spread.mean == 0) return 1.0;
  // The same but for rounding.
  if (*spread.deviation <= 1e-12 * std::abs(spread.mean)) return std::nullopt;
  const auto count = static_cast<double>(differences.size());
  return student_p_value(spread.mean / (*spread.deviation / std::sqrt(count)), count - 1);
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * p_values[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace angle
