#include "cli/study_inputs.h"

#include "angle/error.h"
#include "angle/eval/correlation.h"
#include "angle/eval/evaluate.h"
#include "angle/eval/own_data_files.h"
#include "angle/eval/tasks.h"
#include "angle/io/checksum.h"
#include "angle/model/model_checksums.h"
#include "angle/model/model_directory.h"
#include "angle/train/run_plan.h"

#include "cli/task_data.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

/// Error for a file that no model can be scored on.
void check_labels(const TaskName& task, const fs::path& file) {
  const bool is_own = is_pair_file(task.task);
  const TaskSelection selection = select_tasks(std::vector{is_own ? file.string() : task.task});
  const std::vector<double> labels = labels_of(read_task_pairs(*selection.tasks.front().task, file));
  const std::string problem = why_undefined(labels, labels);
  if (!problem.empty()) fail("{}: no model has a score on it: {}", file.string(), problem);
}

}  // namespace

StudyInputs::StudyInputs(const DataPlaces& places) : places_(places), task_places_(places) {
  places_.study_dir.clear();  // the runs would not find their data there
}

std::string StudyInputs::checksum_of(const fs::path& file) {
  auto entry = known_.find(file);
  if (entry == known_.end()) entry = known_.emplace(file, file_checksum(file)).first;
  return entry->second;
}

std::string StudyInputs::checksum_of(const std::vector<fs::path>& files) {
  if (files.size() == 1) return checksum_of(files.front());
  Checksum all;
  for (const fs::path& file : files) all.add(checksum_of(file));
  return all.digest();
}

json StudyInputs::model_checksums(const ModelConfig& model) {
  return angle::model_checksums(find_model(model.path),
                                [this](const fs::path& file) { return checksum_of(file); });
}

json StudyInputs::checksums(const TrainConfig& config) {
  json data = json::array(), validation = json::array();
  for (const DataSetConfig& set : config.data.train)
    data.push_back(checksum_of(find_data_file(set.path, places_)));
  for (const DataSetConfig& set : config.evaluation.loss_data)
    validation.push_back(checksum_of(find_data_file(set.path, places_)));
  for (const TaskName& task : parse_task_names(config.evaluation.task, config.evaluation.split))
    for (const fs::path& file : find_task_data(task, places_, "evaluation.task").files())
      validation.push_back(checksum_of(file));
  return {{"model", model_checksums(config.model)}, {"data", data}, {"validation", validation}};
}

std::string StudyInputs::checksum(const TaskName& task) {
  return checksum_of(find_task_data(task, task_places_, "tasks").files());
}

const std::vector<TrainingSet>& StudyInputs::training_sets(const TrainConfig& config) {
  const std::string made_of = json{config.data, config.model.max_seq_length}.dump();
  auto entry = sets_.find(made_of);
  if (entry == sets_.end())
    entry = sets_.emplace(made_of, load_training_sets(config, config.model.max_seq_length, places_)).first;
  check_training_labels(entry->second, config.loss);
  return entry->second;
}

int64_t StudyInputs::count_steps(const TrainConfig& config) {
  const Sampler sampler = make_sampler(config, training_sets(config));
  return RunPlan(config, sampler.batches_per_epoch()).total_steps();
}

std::vector<TaskFile> StudyInputs::task_files(const StudyConfig& study) {
  std::vector<TaskFile> files;
  for (const TaskName& task : scored_tasks(study)) {
    const TaskData data = find_task_data(task, task_places_, "tasks");
    if (data.own_data)
      read_own_data(*data.own_data);  // what is wrong with it is told before anything runs
    else
      check_labels(task, data.path);
    files.push_back({.task = task,
                     .file = data.path,
                     .checksum = checksum(task),
                     .metrics = scored_metrics(study, task),
                     .own_data = data.own_data});
  }
  return files;
}

}  // namespace angle::cli
