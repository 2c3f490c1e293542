// What a run tells as it goes, and the files that keep it: metrics.jsonl, the same for TensorBoard, and
// saturation.jsonl where it is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "angle/train/event_file.h"
#include "angle/train/learner.h"
#include "angle/train/metrics_log.h"

namespace angle {

/// Where an update stands in the run and what it did.
struct TrainProgress {
  int64_t step;  // 1 for the first update
  int64_t total_steps;
  double epoch;  // epochs done, with fractions
  double learning_rate;
  double tokens_per_second;              // of this update
  double seconds_left;                   // at the mean pace so far
  std::optional<double> exchange_share;  // of this update's time, that several processes exchange and wait
  StepResult result;
};

/// A validation during training.
struct TrainEvaluation {
  int64_t step;
  std::string name;                      // `stsb validation cosine_spearman`, `val_loss`
  std::optional<double> score;           // absent when undefined
  bool lower_is_better = false;          // a loss, not a correlation
  std::map<std::string, double> others;  // what was measured beside the score; see Measurement
  bool best = false;                     // so far; the model was saved
};

/// The files, each line written when it is told. TensorBoard reads those of an output directory.
class RunLogs {
 public:
  /// Where a run begins or goes on.
  struct From {
    int64_t step;
    bool validated;   // that step: see MetricsLog
    bool saturation;  // is kept, too
  };

  RunLogs(const std::filesystem::path& output, const From& from);

  void write(const TrainProgress& progress);
  void write(const TrainEvaluation& evaluation);

 private:
  void append(const nlohmann::json& line);

  MetricsLog metrics_;
  EventFile events_;
  std::optional<MetricsLog> saturation_;
};

}  // namespace angle
