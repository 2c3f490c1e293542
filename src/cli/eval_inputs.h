// The files that an evaluation reads, which its scores must not replace.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/eval/own_data.h"

#include "cli/output_file.h"

namespace angle::cli {

/// Everything that tasks on own data read. Error when something of it is not there.
std::vector<UsedFile> own_data_inputs(const std::vector<OwnDataTask>& tasks);

/// The files of tasks of scored pairs: the split that is asked for, and all that a task is known to have,
/// since what a model has seen decides which are scored.
///
/// @param tasks  names as select_tasks() takes them
std::vector<UsedFile> pair_inputs(const std::vector<std::string>& tasks,
                                  const std::filesystem::path& data_dir, const std::string& split);

/// The files that a model directory is made of, and those that it says the model has seen in training. Error
/// when there is no such model.
std::vector<UsedFile> model_inputs(const std::string& path_or_name, const std::filesystem::path& data_dir);

}  // namespace angle::cli
