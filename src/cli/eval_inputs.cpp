#include "cli/eval_inputs.h"

#include <spdlog/fmt/fmt.h>

#include "angle/eval/own_data_files.h"
#include "angle/eval/tasks.h"
#include "angle/model/model_checksums.h"
#include "angle/model/model_directory.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

UsedFile file_of_task(const std::string& task, const fs::path& file) {
  return {fmt::format("a file of --task {}", task), file};
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

std::vector<UsedFile> model_inputs(const std::string& path_or_name) {
  const fs::path directory = find_model(path_or_name);
  const std::string what = fmt::format("a file of the model {}", directory.string());
  std::vector<UsedFile> files;
  for (const char* name : {"train_config.json", "trained_before.json"})
    files.push_back({what, directory / name});
  const auto add = [&](const fs::path& file) {
    files.push_back({what, file});
    return std::string();
  };
  model_checksums(directory, add);
  return files;
}

}  // namespace angle::cli
