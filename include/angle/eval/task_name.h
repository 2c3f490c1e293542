// Evaluation tasks as configurations name them (`evaluation.task`, `tasks` of a study), and the scores that a
// model can be judged by on them. Knows no torch.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// `stsb`, `stsb/validation`, a file of scored pairs, or a task on own data, `retrieval:DIR` (own_data.h).
struct TaskName {
  std::string task;
  std::string split;  // "": a file and own data have none

  bool operator==(const TaskName&) const = default;
};

/// `stsb/test`; of a file, or own data, its name.
std::string task_id(const TaskName& task);

/// The tasks of a comma list; those without a split of their own have the one given. Blanks are allowed.
std::vector<TaskName> parse_task_names(std::string_view list, const std::string& split);

/// Error for a name that no task has. Whether its files are there is not looked at.
///
/// @param where  what the name was given to, for the message: `evaluation.task`
void check_task_name(const TaskName& task, const std::string& where);

/// The scores that a model can be judged by on a task, the higher the better: the main one first.
std::vector<std::string> metrics_of(const TaskName& task);

bool has_metric(const TaskName& task, std::string_view metric);

/// Error unless one of the tasks has the metric, with the nearest and all that they have.
///
/// @param tasks  at least one
/// @param where  what the metric was given to, for the message: `evaluation.metric`
void require_metric(std::string_view metric, std::span<const TaskName> tasks, const std::string& where);

}  // namespace angle
