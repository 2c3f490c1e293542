// Where golden files are: tests/golden in the project, else ANGLE_GOLDEN_DIR (files with sentences of public
// data sets).
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace angle::testing {

/// The path of a golden file or directory; empty when it is in neither place.
inline std::filesystem::path golden_path(const std::filesystem::path& name) {
  auto own = std::filesystem::path(ANGLE_TESTS_DIR) / "golden" / name;
  if (std::filesystem::exists(own)) return own;
  if (const char* directory = std::getenv("ANGLE_GOLDEN_DIR")) {
    auto other = std::filesystem::path(directory) / name;
    if (std::filesystem::exists(other)) return other;
  }
  return {};
}

/// The model with random weights that most tests of commands use.
inline std::string tiny_bert() { return golden_path("models/tiny-bert").string(); }

}  // namespace angle::testing

/// Skips the test, with the reason, when a golden file is not on this machine.
#define ANGLE_REQUIRE_GOLDEN(path, name)                 \
  const auto path = ::angle::testing::golden_path(name); \
  if ((path).empty()) GTEST_SKIP() << "golden file " << (name) << " is not here; set ANGLE_GOLDEN_DIR"
