// The scores of a model that a study has trained, or starts from.
#pragma once

#include <atomic>
#include <filesystem>
#include <vector>

#include <ATen/core/Tensor.h>

#include "angle/config.h"
#include "angle/study/run_scores.h"

namespace angle::cli {

struct ScoringOptions {
  std::vector<TaskFile> tasks;
  std::filesystem::path data_dir;
  AngleVariant angle = AngleVariant::angle_emb;  // that the angle similarity is
  at::Device device = at::kCPU;
  const std::atomic<bool>* stop = nullptr;  // once it is true, scoring ends with EmbeddingStopped
};

/// Scores a model in float32, by every similarity, and on own data by all that it can be judged by. A
/// similarity that is not a number for some pair is left empty.
///
/// @param model  a directory or a name, and what is to be another way than it says
RunScores score_model(const ModelConfig& model, const ScoringOptions& options);

}  // namespace angle::cli
