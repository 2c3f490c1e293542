// A training run of configs/tiny.json: tiny-bert on the sample pairs, a second at most.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "angle/io/file.h"
#include "angle/train/trainer.h"

#include "support/golden.h"

namespace angle::testing {

inline std::filesystem::path source_file(const std::string& name) {
  return std::filesystem::path(ANGLE_SOURCE_DIR) / name;
}

/// What to run; `set` as `angle train --set`.
struct TinyRun {
  std::filesystem::path output;
  std::vector<std::string> set = {};
  bool validate = false;  // on the validation pairs of the samples
  bool resume = false;
  int64_t interrupt_after = 0;  // step; 0: never
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

inline TrainConfig tiny_config(std::vector<std::string> set) {
  return load_config(source_file("configs/tiny.json"), set);
}

/// Trains; `change` may alter model and data first.
inline RunRecord train(const TinyRun& run,
                       const std::function<void(Model&, std::vector<TrainingSet>&)>& change = {}) {
  const TrainConfig config = tiny_config(run.set);
  Model model = load_model(run.model);
  auto sets = load_training_sets(config, model.max_seq_length,
                                 {.data_dir = run.output, .config_dir = source_file("configs")});
  if (change) change(model, sets);
  RunRecord record;
  std::atomic<bool> interrupted = false;
  TrainerOptions options{.output = run.output,
                         .evaluation_file = run.validate ? run.evaluation_file : "",
                         .resume = run.resume,
                         .interrupted = &interrupted};
  TrainObserver observer{.note = [&](const std::string& text) { record.notes.push_back(text); },
                         .warning = [&](const std::string& text) { record.warnings.push_back(text); },
                         .progress =
                             [&](const TrainProgress& at) {
                               record.steps.push_back(at);
                               if (at.step == run.interrupt_after) interrupted = true;
                             },
                         .evaluation = [&](const TrainEvaluation& at) { record.evaluations.push_back(at); }};
  record.result = Trainer(config, model, std::move(sets), options, observer).run();
  return record;
}

/// The lines of metrics.jsonl but for the speed, the one thing that differs from run to run.
inline std::vector<json> read_metrics(const std::filesystem::path& output) {
  std::vector<json> lines;
  std::istringstream stream(read_file(output / "metrics.jsonl"));
  for (std::string line; std::getline(stream, line);) {
    json entry = json::parse(line);
    entry.erase("tokens_per_second");
    lines.push_back(entry);
  }
  return lines;
}

/// Every file of a directory by name, with its bytes; of metrics.jsonl what read_metrics() says.
inline std::map<std::string, std::string> read_directory(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = std::filesystem::relative(entry.path(), directory).string();
    if (!entry.is_regular_file() || name == ".lock") continue;
    files[name] = name == "metrics.jsonl" ? json(read_metrics(directory)).dump() : read_file(entry.path());
  }
  return files;
}

/// Names of the files that differ; empty when two directories hold the same bytes.
inline std::vector<std::string> differing_files(const std::filesystem::path& left,
                                                const std::filesystem::path& right) {
  auto first = read_directory(left), second = read_directory(right);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : first)
    if (!second.contains(name) || second[name] != bytes) names.push_back(name);
  for (const auto& [name, bytes] : second)
    if (!first.contains(name)) names.push_back(name);
  return names;
}

}  // namespace angle::testing
