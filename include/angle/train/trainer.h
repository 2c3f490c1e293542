// The training run: the header to read first to make a model.
//
//   Model model = load_model(find_model(config.model.path));
//   auto sets = load_training_sets(config, model.max_seq_length, places);
//   Trainer(config, model, std::move(sets), {.output = "runs/stsb"}).run();
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/data/sampler.h"
#include "angle/distributed/process_group.h"
#include "angle/model/model_directory.h"
#include "angle/train/checkpoint.h"
#include "angle/train/learner.h"
#include "angle/train/run_logs.h"
#include "angle/train/run_plan.h"
#include "angle/train/training_data.h"
#include "angle/train/validation.h"

namespace angle {

/// What a run reports as it goes; the library itself prints nothing. Empty functions are not called.
struct TrainObserver {
  std::function<void(const std::string&)> note;
  std::function<void(const std::string&)> warning;
  std::function<void(const TrainProgress&)> progress;
  std::function<void(const TrainEvaluation&)> evaluation;
};

struct TrainerOptions {
  std::filesystem::path output;               // the model directory to make
  std::optional<Validation> validation = {};  // by the same configuration; none: the last model is kept
  std::string command;                        // that the model card tells; empty: none
  std::string version;                        // of angle, for the model card
  bool resume = false;  // from the newest good checkpoint in the output, if there is one

  /// When it turns true, the run saves its state after the current step and returns. A validation is broken
  /// off, and done again when the run is resumed.
  const std::atomic<bool>* interrupted = nullptr;

  ProcessGroup group = {};  // the processes that share the work
};

struct TrainResult {
  enum class End { finished, stopped_early, interrupted };
  End end = End::finished;
  int64_t steps = 0;
  std::optional<double> initial_score, best_score;  // of the validation
  bool lower_is_better = false;                     // they are losses
  int64_t best_step = 0;
  TextStatistics statistics;     // of the texts trained on, repeats counted
  int64_t dropped_examples = 0;  // by loss.duplicates = drop
  double update_seconds = 0;     // of all updates
  double exchange_seconds = 0;   // of these: several processes exchanging and waiting for each other
};

/// Trains a model by a configuration. Everything random follows from train.seed; a run that was interrupted
/// and resumed gives the same bytes as one that was not (CPU, same number of threads and processes).
///
/// In a group every process goes through the same steps with the same batches, of which it encodes its share;
/// only the first one validates, writes to the output and warns; the others, too, observe progress and
/// evaluations.
class Trainer {
 public:
  /// Keeps a reference to the model. Error when configuration, model and data do not fit together.
  Trainer(TrainConfig config, Model& model, std::vector<TrainingSet> sets, TrainerOptions options,
          TrainObserver observer = {});
  Trainer(const Trainer&) = delete;  // the sampler refers to the data sets
  Trainer& operator=(const Trainer&) = delete;

  /// Runs to the end, an early stop or an interruption. Afterwards the output is a complete model directory
  /// (the best model by the validation, or without one the last) unless the run was interrupted before there
  /// was one.
  TrainResult run();

 private:
  void check() const;
  bool interrupted() const;
  void check_same_run() const;
  bool begin_or_resume();  // true when the run goes on from a checkpoint
  bool resume();           // false when there is nothing to go on with
  void note_other_threads(const TrainState& saved) const;
  void begin();
  void share_state();
  void open_output();
  TrainProgress update();
  void check_weights() const;
  [[noreturn]] void fail_at(int64_t step, const std::string& what,
                            const std::string& other_advice = "") const;
  std::vector<FormattedBatch> next_batches(int64_t step);
  bool is_validation_due() const;
  bool settle_step();  // false when the run was interrupted
  std::vector<Measurement> measure();
  void evaluate();
  bool is_best() const;
  void save_best(const Measurement& measured);
  void write_best(const Measurement& measured);
  bool out_of_patience() const;
  void save_checkpoint();
  Retention retention() const;
  void save_model();
  void write_model_and_card(const Measurement& measured);
  TrainResult finish(bool was_interrupted);

  TrainConfig config_;
  Model& model_;
  std::vector<TrainingSet> sets_;
  TrainerOptions options_;
  TrainObserver observer_;
  Sampler sampler_;
  RunPlan plan_;
  Validation validation_;
  Learner learner_;
  TrainState state_;
  int64_t saved_step_ = 0;             // of the newest checkpoint
  bool saved_validation_due_ = false;  // in that
  bool output_due_ = false;            // of the best model, in the first process: resume() was interrupted
  TrainResult result_;
  std::optional<RunLogs> logs_;  // of the first process
};

}  // namespace angle
