// Rows of the golden tokenizer files, and the model whose vocabulary some of them need.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "angle/cache_directory.h"
#include "angle/io/json.h"
#include "angle/text/tokenizer.h"

#include "support/golden.h"

namespace angle::testing {

/// The rows of `tokenizer/<name>`: all of them where ANGLE_GOLDEN_DIR has the whole file, else those that the
/// project keeps (without sentences of data sets).
inline std::vector<json> golden_rows(const std::string& name) {
  const char* directory = std::getenv("ANGLE_GOLDEN_DIR");
  const auto whole = std::filesystem::path(directory == nullptr ? "" : directory) / "tokenizer" / name;
  std::ifstream file(std::filesystem::exists(whole) ? whole : golden_path("tokenizer/" + name));
  std::vector<json> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(json::parse(line));
  return rows;
}

/// all-MiniLM-L6-v2: $ANGLE_MODEL_DIR, else the one in the cache.
inline std::filesystem::path minilm_directory() {
  const char* directory = std::getenv("ANGLE_MODEL_DIR");
  return directory != nullptr ? directory : cache_directory() / "models/all-MiniLM-L6-v2";
}

constexpr int64_t kWithoutLimit = int64_t{1} << 40;

/// Expects the ids of every row's `field`.
inline void expect_golden_ids(const Tokenizer& tokenizer, const std::vector<json>& rows,
                              const std::string& field = "ids", int64_t max_length = kWithoutLimit) {
  ASSERT_GE(rows.size(), 400u);
  for (const json& row : rows) {
    const Encoding encoding = tokenizer.encode(row["text"].get<std::string>(), max_length);
    EXPECT_EQ(encoding.token_ids, row[field].get<std::vector<int64_t>>()) << row["text"];
    EXPECT_EQ(encoding.num_cut, static_cast<int64_t>(row["ids"].size() - row[field].size())) << row["text"];
  }
}

}  // namespace angle::testing

/// Skips the test, with the reason, where all-MiniLM-L6-v2 is not on this machine.
#define ANGLE_REQUIRE_MINILM(path)                         \
  const auto path = ::angle::testing::minilm_directory();  \
  if (!std::filesystem::exists((path) / "tokenizer.json")) \
  GTEST_SKIP() << (path) << " is not here; set ANGLE_MODEL_DIR or run scripts/fetch_model.sh all-MiniLM-L6-v2"
