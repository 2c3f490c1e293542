#include "cli/eval_inputs.h"

#include <spdlog/fmt/fmt.h>

#include "angle/eval/contamination.h"
#include "angle/eval/own_data_files.h"
#include "angle/eval/tasks.h"
#include "angle/io/json.h"
#include "angle/model/model_checksums.h"
#include "angle/model/model_directory.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

UsedFile file_of_task(const std::string& task, const fs::path& file) {
  return {fmt::format("a file of --task {}", task), file};
}

/// What a model has seen, which the scored files are compared with, wherever its paths may lead to.
std::vector<UsedFile> seen_inputs(const fs::path& directory, const fs::path& data_dir) {
  const fs::path config = directory / "train_config.json", before = directory / "trained_before.json";
  if (!fs::exists(config)) return {};
  json history = read_json(config);
  if (history.is_object() && fs::exists(before)) history["trained_before"] = read_json(before);
  const std::string what = fmt::format("a file that the model {} has seen", directory.string());
  std::vector<UsedFile> files;
  for (const SeenFile& seen : seen_files(history))
    for (const fs::path& place : {data_dir, fs::path()}) files.push_back({what, place / seen.path});
  return files;
}

}  // namespace

std::vector<UsedFile> own_data_inputs(const std::vector<OwnDataTask>& tasks) {
  std::vector<UsedFile> files;
  for (const OwnDataTask& task : tasks)
    for (const fs::path& file : own_data_files(task)) files.push_back(file_of_task(task.name, file));
  return files;
}

std::vector<UsedFile> pair_inputs(const std::vector<std::string>& tasks, const fs::path& data_dir,
                                  const std::string& split) {
  if (tasks.empty()) return {};
  std::vector<UsedFile> files;
  const TaskSelection selection = select_tasks(tasks);
  for (const SelectedTask& selected : selection.tasks) {
    const TaskSpec& task = *selected.task;
    files.push_back(file_of_task(task.name, task_file(data_dir, task, split)));
    for (const KnownSplit& known : task.splits)
      files.push_back(file_of_task(task.name, task_file(data_dir, task, known.name)));
  }
  return files;
}

std::vector<UsedFile> model_inputs(const std::string& path_or_name, const fs::path& data_dir) {
  const fs::path directory = find_model(path_or_name);
  const std::string what = fmt::format("a file of the model {}", directory.string());
  std::vector<UsedFile> files = seen_inputs(directory, data_dir);
  files.push_back({what, directory / "train_config.json"});
  files.push_back({what, directory / "trained_before.json"});
  const auto add = [&](const fs::path& file) -> std::string {
    files.push_back({what, file});
    return "";  // no checksum is wanted
  };
  model_checksums(directory, add);
  return files;
}

}  // namespace angle::cli
