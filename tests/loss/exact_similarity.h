// The similarities of loss/similarity.h and their gradients by the left row, from the closed forms in
// extended precision: what floating-point results are measured by.
#pragma once

#include <cmath>
#include <vector>

namespace angle::testing {

using Exact = long double;

enum class ExactSimilarity { cosine, angle_emb, hermitian, phase, arc };

struct ExactScore {
  Exact score = 0;
  std::vector<Exact> gradient;  // times ‖left‖: by the direction of the left row
  Exact left_length = 0;
};

inline Exact dot(const std::vector<Exact>& x, const std::vector<Exact>& y) {
  Exact sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

inline std::vector<Exact> unit(const std::vector<double>& row) {
  std::vector<Exact> values(row.begin(), row.end());
  const Exact length = std::sqrt(dot(values, values));
  for (Exact& value : values) value = length > 0 ? value / length : 0;
  return values;
}

/// (c; d) → (−d; c), the product of a complex row with i.
inline std::vector<Exact> times_i(const std::vector<Exact>& row) {
  const size_t half = row.size() / 2;
  std::vector<Exact> turned(row.size());
  for (size_t k = 0; k < half; ++k) turned[k] = -row[half + k], turned[half + k] = row[k];
  return turned;
}

/// a·x + b·y + c·z
inline std::vector<Exact> combine(Exact a, const std::vector<Exact>& x, Exact b, const std::vector<Exact>& y,
                                  Exact c, const std::vector<Exact>& z) {
  std::vector<Exact> sum(x.size());
  for (size_t i = 0; i < x.size(); ++i) sum[i] = a * x[i] + b * y[i] + c * z[i];
  return sum;
}

inline Exact sign(Exact value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }

/// Zero rows score 0 (`phase` and `arc`: −π/2) with gradient 0; so do gradients at kinks.
inline ExactScore exact_similarity(const std::vector<double>& left, const std::vector<double>& right,
                                   ExactSimilarity kind) {
  const std::vector<Exact> x = unit(left), y = unit(right), iy = times_i(y);
  const Exact re = dot(x, y), im = dot(x, iy), modulus = std::hypot(re, im), none = 0;
  const std::vector<Exact> lefts(left.begin(), left.end());
  const auto make = [&](Exact score, std::vector<Exact> gradient) {
    return ExactScore{score, std::move(gradient), std::sqrt(dot(lefts, lefts))};
  };
  const std::vector<Exact> flat(x.size(), 0);
  const bool undefined = dot(x, x) == 0 || dot(y, y) == 0;
  const Exact quarter = -std::acos(none);
  switch (kind) {
    case ExactSimilarity::cosine:
      return make(re, undefined ? flat : combine(1, y, -re, x, 0, x));
    case ExactSimilarity::angle_emb: {
      const Exact s = sign(re + im);
      return make(std::abs(re + im), combine(s, y, s, iy, -s * (re + im), x));
    }
    case ExactSimilarity::hermitian:
      if (modulus == 0) return make(0, flat);
      return make(modulus, combine(re / modulus, y, im / modulus, iy, -modulus, x));
    case ExactSimilarity::phase: {
      if (modulus == 0) return make(quarter, flat);
      const Exact factor = -sign(im) / (modulus * modulus);
      return make(-std::abs(std::atan2(im, re)), combine(factor * re, iy, -factor * im, y, 0, x));
    }
    case ExactSimilarity::arc: {
      if (undefined) return make(quarter, flat);
      const std::vector<Exact> across = combine(1, y, -re, x, 0, x);
      const Exact sine = std::sqrt(dot(across, across));
      const Exact factor = sine > 1e-17L ? 1 / sine : 0;  // equal or opposite rows have a kink
      return make(-std::atan2(sine, re), combine(factor, across, 0, x, 0, x));
    }
  }
  return {};
}

}  // namespace angle::testing
