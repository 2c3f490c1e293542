// Where the data of an evaluation task are that a configuration, or the command line, names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "angle/eval/own_data.h"
#include "angle/eval/task_name.h"
#include "angle/train/training_data.h"

namespace angle::cli {

struct TaskData {
  std::filesystem::path path;           // the file of scored pairs; of own data a file or a directory
  std::optional<OwnDataTask> own_data;  // with that path; nothing for scored pairs

  /// Everything that is read. Error when something of it is not there.
  std::vector<std::filesystem::path> files() const;
};

/// Public tasks are in the data directory; paths are looked up as those of training data are. Error when
/// there is nothing.
///
/// @param where  what the name was given to, for the message: `evaluation.task`
TaskData find_task_data(const TaskName& name, const DataPlaces& places, const std::string& where);

/// The file or directory that a path of the command line means: looked up here, as all that is named there,
/// then in the data directory. Error when it is in neither.
///
/// @param data_dir  --data-dir, as find_data_dir() takes it
std::filesystem::path find_named_data(const std::string& path, const std::string& data_dir);

}  // namespace angle::cli
