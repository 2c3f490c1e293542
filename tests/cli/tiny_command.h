// A small training run: its command line, and how far it is.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "angle/io/file.h"

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

/// Waits until a run has written so many lines to its log; the test fails when it takes half a minute.
inline void wait_for_steps(const std::filesystem::path& output, int64_t lines) {
  const std::filesystem::path metrics = output / "metrics.jsonl";
  for (int tries = 0; tries < 3000; ++tries, std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
    if (!std::filesystem::exists(metrics)) continue;
    const std::string log = read_file(metrics);
    if (std::count(log.begin(), log.end(), '\n') >= lines) return;
  }
  FAIL() << output << ": the run does not get on";
}

}  // namespace angle::testing
