// What a run is judged by while it trains: correlations on evaluation tasks, and the losses on data that are
// not trained on.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/config.h"
#include "angle/model/model_directory.h"
#include "angle/train/predictions.h"
#include "angle/train/training_data.h"
#include "angle/train/validation_metric.h"

namespace angle {

/// A file of scored pairs and the task that it is of.
struct ValidationTask {
  std::string name;
  std::string split;
  std::filesystem::path file;
};

/// What to validate on; all empty: no validation.
struct ValidationData {
  std::vector<ValidationTask> tasks;
  std::vector<TrainingSet> loss_sets;
};

/// One validation.
struct Measurement {
  std::optional<double> score;               // the number that decides; absent when undefined
  std::map<std::string, double> others;      // `sickr/cosine_spearman`, `val_loss`, `val_loss_cosine` …
  std::vector<TaskPredictions> predictions;  // by the similarity of evaluation.metric
};

/// For the way from one process to others.
void to_json(nlohmann::json& out, const Measurement& measurement);
void from_json(const nlohmann::json& in, Measurement& measurement);

/// The loss on data that are not trained on, and its terms: val_loss, val_loss_cosine, … for those that the
/// data have. The data are formatted, put into batches (of one fixed shuffle: in-batch negatives and ranking
/// need company of all kinds) and scored as in training, but without dropout. Means over batches, weighted by
/// examples.
std::map<std::string, double> validation_losses(const Model& model, const std::vector<TrainingSet>& sets,
                                                const TrainConfig& config);

class Validation {
 public:
  /// Reads the tasks' pairs. Error for what is wrong with the files.
  Validation(const TrainConfig& config, ValidationData data);

  bool is_empty() const { return data_.tasks.empty() && data_.loss_sets.empty(); }

  /// The number that decides, in words: `stsb validation cosine_spearman`, `val_loss`.
  std::string name() const;

  bool lower_is_better() const { return metric_.lower_is_better(); }

  /// Whether a score is better than the best one before; the first one is.
  bool is_better(const std::optional<double>& score, const std::optional<double>& best) const;

  Measurement measure(Model& model) const;

  /// Adds what was predicted to `<directory>/predictions.json`.
  ///
  /// @param moment  `before` training, or `best`
  void keep_predictions(const Measurement& measured, const std::string& moment,
                        const std::filesystem::path& directory) const;

  /// File and checksum of everything that is read, for checkpoints: a run is only resumed with the same
  /// judge. Null without validation.
  nlohmann::json describe() const;

 private:
  std::optional<double> measure_tasks(Model& model, Measurement& found) const;

  TrainConfig config_;
  ValidationData data_;
  ValidationMetric metric_;
  std::vector<std::vector<ScoredPair>> pairs_;  // of each task
};

}  // namespace angle
