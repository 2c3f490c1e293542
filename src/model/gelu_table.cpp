#include "model/gelu_table.h"

#include <array>
#include <cmath>

namespace angle {
namespace {

constexpr int kIntervals = 32;
constexpr double kEnd = 5.5;  // the middle of the last one: Φ(x) − ½ is ½ within 2e-8 from here on

/// g(a) of kernels::GeluTable.
double half_gelu(double a, Activation activation) {
  if (activation == Activation::gelu_tanh)
    return std::tanh(std::sqrt(2 / M_PI) * (a + 0.044715 * a * a * a)) / 2;
  return std::erf(a / std::sqrt(2.0)) / 2;
}

/// Coefficients, by power, of the cubic through four points (Newton's divided differences).
std::array<double, 4> cubic_through(const std::array<double, 4>& x, std::array<double, 4> y) {
  for (size_t order = 1; order < 4; ++order)
    for (size_t i = 3; i >= order; --i) y[i] = (y[i] - y[i - 1]) / (x[i] - x[i - order]);
  std::array<double, 4> polynomial{};
  for (size_t i = 4; i-- > 0;) {  // polynomial · (x − x_i) + y_i
    for (size_t power = 3; power > 0; --power)
      polynomial[power] = polynomial[power - 1] - x[i] * polynomial[power];
    polynomial[0] = y[i] - x[i] * polynomial[0];
  }
  return polynomial;
}

kernels::GeluTable make_table(Activation activation) {
  kernels::GeluTable table{};
  table.intervals_per_unit = static_cast<float>((kIntervals - 1) / kEnd);
  for (size_t interval = 0; interval < kIntervals; ++interval) {
    std::array<double, 4> x{}, y{};
    for (size_t i = 0; i < 4; ++i) {  // Chebyshev's points keep the error even
      x[i] = -std::cos(M_PI * (2 * static_cast<double>(i) + 1) / 8) / 2;
      y[i] = half_gelu((static_cast<double>(interval) + x[i]) * kEnd / (kIntervals - 1), activation);
    }
    const auto polynomial = cubic_through(x, y);
    for (size_t power = 0; power < 4; ++power)
      table.coefficients[power][interval] = table.intervals[interval][power] =
          static_cast<float>(polynomial[power]);
  }
  return table;
}

}  // namespace

const kernels::GeluTable& gelu_table(Activation activation) {
  static const kernels::GeluTable gelu = make_table(Activation::gelu);
  static const kernels::GeluTable gelu_tanh = make_table(Activation::gelu_tanh);
  return activation == Activation::gelu_tanh ? gelu_tanh : gelu;
}

}  // namespace angle
