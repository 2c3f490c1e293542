#include "cli/task_data.h"

#include "angle/error.h"
#include "angle/eval/own_data_files.h"
#include "angle/eval/tasks.h"

#include "cli/shared_options.h"

namespace angle::cli {

namespace fs = std::filesystem;

std::vector<fs::path> TaskData::files() const {
  return own_data ? own_data_files(*own_data) : std::vector{path};
}

TaskData find_task_data(const TaskName& name, const DataPlaces& places, const std::string& where) {
  if (auto own = parse_own_data_task(name.task, where)) {
    own->path = find_data_file(own->path.string(), places);
    return {own->path, own};
  }
  if (is_pair_file(name.task)) return {find_data_file(name.task, places), {}};
  const TaskSpec& task = find_task(name.task, where);
  const fs::path file = task_file(places.data_dir, task, name.split);
  if (!fs::exists(file)) fail("{}", missing_file_message(file, task));
  return {file, {}};
}

fs::path find_named_data(const std::string& path, const std::string& data_dir) {
  const bool is_here = fs::exists(path);
  const fs::path directory = find_data_dir(data_dir, /*is_needed=*/!is_here && fs::path(path).is_relative());
  return is_here ? fs::path(path) : find_data_file(path, {.data_dir = directory, .config_dir = {}});
}

}  // namespace angle::cli
