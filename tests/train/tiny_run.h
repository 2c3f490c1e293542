// A training run of configs/tiny.json: tiny-bert on the sample pairs, a second at most.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "angle/train/trainer.h"

#include "support/golden.h"
#include "support/run_directory.h"

namespace angle::testing {

inline std::filesystem::path source_file(const std::string& name) {
  return std::filesystem::path(ANGLE_SOURCE_DIR) / name;
}

/// What to run; `set` as `angle train --set`.
struct TinyRun {
  std::filesystem::path output;
  std::vector<std::string> set = {};
  bool validate = false;      // on the validation pairs of the samples
  std::string own_data = {};  // also validate on `retrieval:DIR`, or the like; "": no
  bool resume = false;
  int64_t interrupt_after = 0;  // step; 0: never. A validation that is due after it is broken off
  std::optional<int64_t> interrupt_after_evaluation = {};  // of that step
  bool interrupt_at_once = false;
  std::filesystem::path model = golden_path("models/tiny-bert");
  std::filesystem::path evaluation_file = source_file("data/samples/pairs_validation.tsv");
};

/// What a run reported.
struct RunRecord {
  TrainResult result;
  std::vector<TrainProgress> steps;
  std::vector<TrainEvaluation> evaluations;
  std::vector<std::string> notes, warnings;
};

inline TrainConfig tiny_config(const std::vector<std::string>& set) {
  return load_config(source_file("configs/tiny.json"), set);
}

/// Trains; `change` may alter model and data first.
inline RunRecord train(const TinyRun& run,
                       const std::function<void(Model&, std::vector<TrainingSet>&)>& change = {}) {
  const TrainConfig config = tiny_config(run.set);
  Model model = load_model(run.model);
  const DataPlaces places{.data_dir = run.output, .config_dir = source_file("configs")};
  auto sets = load_training_sets(config, model.max_seq_length, places);
  if (change) change(model, sets);
  RunRecord record;
  std::atomic<bool> interrupted = run.interrupt_at_once;
  ValidationData validation{.loss_sets = load_loss_sets(config, model.max_seq_length, places)};
  if (run.validate) validation.tasks = {{"samples", "validation", run.evaluation_file}};
  if (!run.own_data.empty()) validation.own_data = {parse_own_data_task(run.own_data).value()};
  TrainerOptions options{.output = run.output,
                         .validation = Validation(config, std::move(validation)),
                         .resume = run.resume,
                         .interrupted = &interrupted};
  TrainObserver observer{.note = [&](const std::string& text) { record.notes.push_back(text); },
                         .warning = [&](const std::string& text) { record.warnings.push_back(text); },
                         .progress =
                             [&](const TrainProgress& at) {
                               record.steps.push_back(at);
                               if (at.step == run.interrupt_after) interrupted = true;
                             },
                         .evaluation =
                             [&](const TrainEvaluation& at) {
                               record.evaluations.push_back(at);
                               if (at.step == run.interrupt_after_evaluation) interrupted = true;
                             }};
  record.result = Trainer(config, model, std::move(sets), std::move(options), observer).run();
  return record;
}

}  // namespace angle::testing
