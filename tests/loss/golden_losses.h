// Golden losses: numbers of JSON files as float64 tensors.
#pragma once

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "support/gradient_check.h"

namespace angle::testing {

/// The golden files' own tolerance: 1e-9·(1 + |value|).
constexpr double kGolden = 1e-9;

inline nlohmann::json golden_losses(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(golden_path("losses/" + name)));
}

/// JSON has no NaN; the golden files write it as a text.
inline double number(const nlohmann::json& value) { return value == "nan" ? NAN : value.get<double>(); }

/// Nested arrays of numbers.
inline at::Tensor tensor(const nlohmann::json& value) {
  if (!value.is_array()) return at::full({}, number(value), at::kDouble);
  if (value.empty()) return at::empty({0}, at::kDouble);
  std::vector<at::Tensor> parts;
  for (const auto& part : value) parts.push_back(tensor(part));
  return at::stack(parts);
}

/// The same numbers at every run.
inline at::Tensor random_tensor(at::IntArrayRef sizes, uint64_t seed = 1) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn(sizes, generator, at::kDouble);
}

/// [texts] int64: no two texts equal.
inline at::Tensor distinct_texts(int64_t texts) { return at::arange(texts, at::kLong); }

}  // namespace angle::testing
