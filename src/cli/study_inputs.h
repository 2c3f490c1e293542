// The files that a study rests on.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/study/run_scores.h"
#include "angle/study/study_config.h"
#include "angle/train/training_data.h"

namespace angle::cli {

/// Finds the files that configurations name, and reads each only once for its checksum.
class StudyInputs {
 public:
  /// @param places  where training configurations have their data, and with study_dir the tasks of the study
  explicit StudyInputs(const DataPlaces& places);

  /// {"model": {file: checksum}, "data": [checksums], "validation": [checksums]}. Error when something is not
  /// there.
  json checksums(const TrainConfig& config);

  /// {file: checksum} of the model that a run starts from. Error when it is not there.
  json model_checksums(const ModelConfig& model);

  /// Of all files of a task that is scored on. Error when one is not there.
  std::string checksum(const TaskName& task);

  /// The optimizer updates that a run has. Data sets are read once for all runs.
  int64_t count_steps(const TrainConfig& config);

  /// The tasks of a study. Error when the file of one is not there, is malformed or can't give a score: not
  /// when the first model is trained.
  std::vector<TaskFile> task_files(const StudyConfig& study);

 private:
  std::string checksum_of(const std::filesystem::path& file);
  std::string checksum_of(const std::vector<std::filesystem::path>& files);
  const std::vector<TrainingSet>& training_sets(const TrainConfig& config);

  DataPlaces places_, task_places_;
  std::map<std::filesystem::path, std::string> known_;
  std::map<std::string, std::vector<TrainingSet>> sets_;  // by what they are made of
};

}  // namespace angle::cli
