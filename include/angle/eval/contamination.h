// What of an evaluation set a model has seen in training. STS-B was cut from STS12-17, and MRPC is a part of
// STS12, so a model trained on one is not new to the others; its score there may only be reported with that
// said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/tasks.h"

namespace angle {

/// A file of a task's data set that a model was trained on.
struct TrainingSplit {
  std::string task;
  std::string split;
};

/// The data sets that a model was trained on, in the last stage and in those before: `data.train[]` of its
/// configuration but those of weight 0, and `trained_before[]`. Of a null or other JSON: none.
nlohmann::json training_history(const nlohmann::json& train_config);

/// The tasks' data in a model's training history, told by the names of directory and file
/// (`…/stsb/train.tsv`).
std::vector<TrainingSplit> seen_in_training(const nlohmann::json& train_config);

/// One sentence for each training split that holds pairs of the scored split.
std::vector<std::string> contamination_notes(const std::vector<TrainingSplit>& seen, const TaskSpec& task,
                                             const std::string& split);

/// The split without what was seen, to be scored too: `test_not_in_stsb` for the test split of STS12-16 when
/// STS-B was seen, else empty.
std::string clean_split(const std::vector<TrainingSplit>& seen, const TaskSpec& task,
                        const std::string& split);

}  // namespace angle
