// What a training run has written about itself, read back for a report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace angle {

struct Point {
  double x = 0.0;
  double y = 0.0;
};

/// A score of the model during training.
struct RunScore {
  int64_t step = 0;
  std::string what;  // "stsb validation cosine_spearman"
  double score = 0.0;
  bool best = false;     // it was the best so far
  bool is_loss = false;  // "val_loss": less is better, and any number is possible; a curve too
};

/// What the model took for the similarity of pairs.
struct RunPredictions {
  std::string task;          // "stsb/validation"
  std::string similarity;    // "cosine"
  std::string moment;        // "before training"
  std::vector<Point> pairs;  // label and similarity
};

/// The contents of a run's output directory.
struct RunRecord {
  std::string name;       // the directory's
  nlohmann::json config;  // train_config.json
  std::map<std::string, std::vector<Point>>
      curves;  // numbers of metrics.jsonl, by key ("cosine", "learning_rate" …) over steps
  std::vector<RunScore> evaluations;
  std::vector<RunPredictions> predictions;  // of predictions.json, and of the scores.json of a study's run
  std::vector<nlohmann::json> saturation;   // lines of saturation.jsonl; see loss/saturation.h
};

/// Reads a run. A last line that a kill cut short is left out. Error for a directory without metrics.jsonl
/// and, with its line, for one that is no JSON object, and for predictions that are not lists of numbers.
RunRecord read_run(const std::filesystem::path& directory);

}  // namespace angle
