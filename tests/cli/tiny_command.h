// The command line of a small training run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/golden.h"

namespace angle::testing {

/// `angle train` of configs/tiny.json with the golden model, one thread.
inline std::vector<std::string> tiny_command(const std::filesystem::path& output,
                                             const std::vector<std::string>& more = {}) {
  const std::string config = ANGLE_SOURCE_DIR "/configs/tiny.json";
  std::vector<std::string> args = {ANGLE_BINARY, "train",
                                   "--config",   config,
                                   "--output",   output.string(),
                                   "--threads",  "1",
                                   "--set",      "model.path=" + golden_path("models/tiny-bert").string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

}  // namespace angle::testing
