#include "angle/eval/task_name.h"

#include <algorithm>
#include <map>

#include "angle/error.h"
#include "angle/eval/metric.h"
#include "angle/eval/own_data.h"
#include "angle/eval/tasks.h"
#include "angle/suggest.h"

#include "eval/comma_list.h"

namespace angle {
namespace {

bool has_no_split(const std::string& task) {
  return task.find(':') != std::string::npos || is_pair_file(task) || is_path(task);
}

/// `of stsb, sts12: cosine_spearman, …; of cluster:c.tsv: v_measure, …`
std::string describe_metrics(std::span<const TaskName> tasks) {
  std::map<std::vector<std::string>, std::vector<std::string>> tasks_with;  // the same metrics
  for (const TaskName& task : tasks) tasks_with[metrics_of(task)].push_back(task.task);
  std::vector<std::string> parts;
  for (const auto& [metrics, names] : tasks_with)
    parts.push_back(fmt::format("of {}: {}", fmt::join(names, ", "), fmt::join(metrics, ", ")));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::string task_id(const TaskName& task) {
  return task.split.empty() ? task.task : task.task + "/" + task.split;
}

std::vector<TaskName> parse_task_names(std::string_view list, const std::string& split) {
  std::vector<TaskName> names;
  for (std::string& entry : parse_comma_list(list)) {
    const size_t slash = entry.find('/');
    if (has_no_split(entry))
      names.push_back({std::move(entry), ""});
    else if (slash == std::string::npos)
      names.push_back({std::move(entry), split});
    else
      names.push_back({entry.substr(0, slash), entry.substr(slash + 1)});
  }
  return names;
}

void check_task_name(const TaskName& task, const std::string& where) {
  if (!parse_own_data_task(task.task, where) && !is_pair_file(task.task)) find_task(task.task, where);
}

std::vector<std::string> metrics_of(const TaskName& task) {
  if (const auto own = parse_own_data_task(task.task)) return own_data_metrics(own->kind);
  const Metric main;
  std::vector<std::string> names = {to_string(main)};
  for (const Metric& metric : all_metrics())
    if (metric != main) names.push_back(to_string(metric));
  return names;
}

bool has_metric(const TaskName& task, std::string_view metric) {
  const std::vector<std::string> metrics = metrics_of(task);
  return std::find(metrics.begin(), metrics.end(), metric) != metrics.end();
}

void require_metric(std::string_view metric, std::span<const TaskName> tasks, const std::string& where) {
  std::vector<std::string> known;
  for (const TaskName& task : tasks)
    for (std::string& name : metrics_of(task)) known.push_back(std::move(name));
  if (std::find(known.begin(), known.end(), metric) != known.end()) return;
  fail("{} {}: no task has this metric{} (metrics {})", where, metric, suggestion(metric, known),
       describe_metrics(tasks));
}

}  // namespace angle
