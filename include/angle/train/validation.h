// What a run is judged by while it trains: scores on evaluation tasks, and the losses on data that are not
// trained on.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/config.h"
#include "angle/eval/metric.h"
#include "angle/eval/own_data.h"
#include "angle/eval/own_data_files.h"
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
  std::vector<OwnDataTask> own_data;  // each with the path where its files are
  std::vector<TrainingSet> loss_sets;
};

/// One validation.
struct Measurement {
  std::optional<double> score;               // the number that decides; absent when undefined
  std::map<std::string, double> others;      // `sickr/cosine_spearman`, `val_loss`, `val_loss_cosine` …
  std::vector<TaskPredictions> predictions;  // of scored pairs, by the similarity of evaluation.metric
};

/// For the way from one process to others.
void to_json(nlohmann::json& out, const Measurement& measurement);
void from_json(const nlohmann::json& in, Measurement& measurement);

/// The loss on data that are not trained on, and its terms: val_loss, val_loss_cosine, … for those that the
/// data have. The data are formatted, put into batches (of one fixed shuffle: in-batch negatives and ranking
/// need company of all kinds) and scored as in training, but without dropout. Means over batches, weighted by
/// examples.
///
/// @param stop  as for Validation::measure()
std::map<std::string, double> validation_losses(const Model& model, const std::vector<TrainingSet>& sets,
                                                const TrainConfig& config,
                                                const std::atomic<bool>* stop = nullptr);

class Validation {
 public:
  /// Reads the tasks' files. Error with what is wrong with any of them, for a metric that no task has, and
  /// for scored pairs that are to decide and are of one label.
  Validation(const TrainConfig& config, ValidationData data);

  /// Error when the model can't have what evaluation.loss_data ask of it, see check_fits_model().
  void check_fits(const Model& model) const { check_fits_model(config_.loss, data_.loss_sets, model); }

  bool is_empty() const { return tasks_.empty() && data_.loss_sets.empty(); }

  /// The number that decides, in words: `stsb validation cosine_spearman`, `val_loss`.
  std::string name() const;

  bool lower_is_better() const { return metric_.is_loss(); }

  /// What is trained on and measured on, too, a sentence for each pair of files.
  struct Overlap {
    std::vector<std::string> warnings;  // of the same bytes

    /// Of others that have pairs in common, however few: STS-B's validation split has seven of its training
    /// split. Files that stay on the disk are not searched.
    std::vector<std::string> notes;
  };
  Overlap overlap(const std::vector<TrainingSet>& trained_on) const;

  /// Whether a score is better than the best one before; the first one is.
  bool is_better(const std::optional<double>& score, const std::optional<double>& best) const;

  /// EmbeddingStopped once `stop` is true, which is looked at before each batch.
  Measurement measure(Model& model, const std::atomic<bool>* stop = nullptr) const;

  /// Adds what was predicted to `<directory>/predictions.json`.
  ///
  /// @param moment  `before` training, or `best`
  void keep_predictions(const Measurement& measured, const std::string& moment,
                        const std::filesystem::path& directory) const;

  /// File and checksum of everything that is read, and the task, or `val_loss`, that it is used for: for
  /// checkpoints, since a run is only resumed with the same judge, and for the model card. Null without
  /// validation.
  nlohmann::json describe() const;

 private:
  /// What a task is measured by.
  struct TaskScore {
    TaskName task;
    std::string metric;
    std::optional<double> value;  // absent when undefined
  };

  struct MeasuredFile;

  std::vector<MeasuredFile> files_of_pairs() const;
  std::vector<TaskScore> score_pairs(Model& model, Measurement& found, const std::atomic<bool>* stop) const;
  std::vector<TaskScore> score_own_data(Model& model, const std::atomic<bool>* stop) const;
  void decide(const std::vector<TaskScore>& scores, Measurement& found) const;

  TrainConfig config_;
  ValidationData data_;
  std::vector<TaskName> tasks_;  // those of scored pairs, then those on own data
  ValidationMetric metric_;
  Metric correlation_;                          // to take on scored pairs, whether it decides or not
  std::vector<std::vector<ScoredPair>> pairs_;  // of each task of scored pairs
  std::vector<OwnData> own_data_;               // of each task on own data
};

}  // namespace angle
