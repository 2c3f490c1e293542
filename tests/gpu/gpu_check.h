// What checks of a GPU against the CPU have in common.
#pragma once

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "angle/data/collate.h"
#include "angle/device.h"
#include "angle/io/json.h"
#include "angle/train/learner.h"

#include "support/golden.h"

namespace angle::testing {

/// The first GPU. ANGLE_GPU_CHECK_DEVICE names another device; `cpu` tries the checks themselves.
inline std::optional<at::Device> device_to_check() {
  const char* name = std::getenv("ANGLE_GPU_CHECK_DEVICE");
  const at::Device device = parse_device(name ? name : "auto");
  if (!name && device.is_cpu()) return std::nullopt;
  make_current(device);
  return device;
}

/// A row of the table that scripts/gpu_check.sh prints.
inline void report(const std::string& what, const std::string& measured, const std::string& expected = "") {
  ::testing::Test::RecordProperty(what, measured + "|" + expected);
}

/// Reports a difference and expects it to be at most `limit`.
inline void check_at_most(const std::string& what, double difference, double limit) {
  report(what, fmt::format("{:.2e}", difference), fmt::format("≤ {:.0e}", limit));
  EXPECT_LE(difference, limit) << what;
}

/// max |actual − expected| / max |expected|, in float64; NaN counts as infinite.
inline double relative_difference(const Tensor& actual, const Tensor& expected) {
  const Tensor wanted = expected.detach().to(at::kCPU, at::kDouble);
  const Tensor difference = (actual.detach().to(at::kCPU, at::kDouble) - wanted).abs();
  const double largest = difference.max().item<double>() / wanted.abs().max().item<double>();
  return std::isnan(largest) ? INFINITY : largest;
}

inline std::vector<std::string> some_texts() {
  std::vector<std::string> texts;
  for (const json& text : read_json(golden_path("models/texts.json"))) texts.push_back(text);
  return texts;
}

/// Scored pairs of the texts, with labels 0 to 5.
inline FormattedBatch some_pairs(const Tokenizer& tokenizer) {
  const std::vector<std::string> texts = some_texts();
  std::vector<ScoredPair> pairs;
  std::vector<int64_t> rows;
  for (size_t i = 0; i + 1 < texts.size(); ++i) {
    pairs.push_back({texts[i], texts[i + 1], static_cast<double>(i * 7 % 6), static_cast<int64_t>(i)});
    rows.push_back(static_cast<int64_t>(i));
  }
  TextStatistics statistics;
  return {collate(encode_examples(Examples(pairs), rows, tokenizer, {.max_seq_length = 64}, statistics)),
          DataFormat::scored_pairs};
}

}  // namespace angle::testing

/// Defines `gpu`, or skips the test.
#define ANGLE_REQUIRE_GPU()                                      \
  const auto found_device = ::angle::testing::device_to_check(); \
  if (!found_device) GTEST_SKIP() << "no CUDA device";           \
  const at::Device gpu = *found_device
