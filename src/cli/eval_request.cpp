#include "cli/eval_request.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "angle/eval/task_name.h"
#include "angle/eval/tasks.h"
#include "angle/text/utf8.h"

#include "cli/eval_inputs.h"
#include "cli/output_file.h"
#include "cli/task_data.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

/// Error for what is no metric, and for one that nothing is shown by.
void require_shown(const std::string& metric, const RequestedTasks& requested) {
  std::vector<TaskName> tasks;
  for (const std::string& name : requested.of_pairs) tasks.push_back({name, ""});
  for (const OwnDataTask& task : requested.own_data) {
    if (task.kind == OwnDataKind::pairs && find_metric(metric)) return;  // by its similarity
    tasks.push_back({task.name, ""});
  }
  require_metric(metric, tasks, "--metric");
}

ChosenMetrics parse_metrics(const std::vector<std::string>& names, const RequestedTasks& requested) {
  if (names == std::vector<std::string>{"all"}) return {all_metrics(), {}};
  const EvalOptions usual;
  ChosenMetrics chosen;
  std::set<std::string_view> known;
  for (const std::string& name : names) {
    if (name == "all") refuse_usage("--metric all: is every metric already; name it alone");
    if (!known.insert(name).second) continue;
    if (names != usual.metrics) require_shown(name, requested);
    if (const auto metric = find_metric(name))
      chosen.of_pairs.push_back(*metric);
    else
      chosen.of_own_data.push_back(name);
  }
  if (chosen.of_pairs.empty())
    for (const std::string& name : usual.metrics) chosen.of_pairs.push_back(parse_metric(name, "--metric"));
  return chosen;
}

/// Whether --split says the split of a task: retrieval, unless it names one, `retrieval:faq/qrels/dev.tsv`.
bool takes_split(const OwnDataTask& task) {
  const bool names_one = task.path != fs::path(task.name.substr(task.name.find(':') + 1));
  return task.kind == OwnDataKind::retrieval && !names_one;
}

/// The first task on files of the user's own that have no splits; "" without one.
std::string task_without_splits(const RequestedTasks& requested) {
  const auto own = std::find_if_not(requested.own_data.begin(), requested.own_data.end(), takes_split);
  if (own != requested.own_data.end()) return own->name;
  const auto file = std::find_if(requested.of_pairs.begin(), requested.of_pairs.end(),
                                 [](const std::string& name) { return is_pair_file(name); });
  return file == requested.of_pairs.end() ? "" : *file;
}

/// The first task on files of the user's own; "" without one.
std::string task_on_files(const RequestedTasks& requested) {
  return requested.own_data.empty() ? task_without_splits(requested) : requested.own_data.front().name;
}

}  // namespace

RequestedTasks requested_tasks(const EvalOptions& options) {
  RequestedTasks requested{.windows_too = options.long_texts.are_both()};
  std::set<std::string> known;
  for (const std::string& name : listed_names(options.tasks)) {
    if (!known.insert(name).second) continue;
    auto own = as_usage([&] { return parse_own_data_task(name); });
    if (own && !options.split.empty() && takes_split(*own)) own->split = options.split;
    if (own)
      requested.own_data.push_back(std::move(*own));
    else
      requested.of_pairs.push_back(name);
  }
  if (requested.of_pairs.empty() && !requested.own_data.empty()) return requested;
  const TaskSelection selection = as_usage([&] { return select_tasks(requested.of_pairs); });
  requested.untrained = options.untrained.value_or(!selection.groups.empty());
  return requested;
}

ChosenMetrics chosen_metrics(const EvalOptions& options, const RequestedTasks& requested) {
  return as_usage([&] { return parse_metrics(options.metrics, requested); });
}

void check_options_of_tasks(const EvalOptions& options, const RequestedTasks& requested) {
  const std::string on_files = task_on_files(requested), without_splits = task_without_splits(requested);
  if (options.split.find('/') != std::string::npos)
    refuse_usage("--split {}: expected the name of a split, such as test; a file is named by --task",
                 options.split);
  if (!without_splits.empty() && !options.split.empty())
    refuse_usage("--split {}: {} has files of its own, not splits", options.split, without_splits);
  const auto retrievals =
      std::count_if(requested.own_data.begin(), requested.own_data.end(),
                    [](const OwnDataTask& task) { return task.kind == OwnDataKind::retrieval; });
  const bool only_retrieval =
      retrievals > 0 && retrievals == std::ssize(requested.own_data) && requested.of_pairs.empty();
  if ((on_files.empty() || only_retrieval) && !options.columns.empty())
    refuse_usage("--column {}: needs a task on files of your own that have columns", options.columns[0]);
  for (const auto& [option, prompt] : {std::pair("--query-prompt", options.query_prompt),
                                       std::pair("--document-prompt", options.document_prompt)}) {
    if (!prompt) continue;
    if (retrievals == 0) refuse_usage("{}: needs a task that retrieval:DIR names", option);
    if (find_invalid_utf8(*prompt)) refuse_usage("{}: not valid UTF-8", option);
  }
  const auto is_of_pairs = [](const OwnDataTask& task) { return task.kind == OwnDataKind::pairs; };
  if (options.angle_similarity != "angle_emb" && requested.of_pairs.empty() &&
      std::none_of(requested.own_data.begin(), requested.own_data.end(), is_of_pairs))
    refuse_usage("--angle-similarity {}: needs a task of pairs", options.angle_similarity);
  if (options.untrained.value_or(false) && requested.of_pairs.empty())
    refuse_usage(
        "--untrained: needs a task of scored pairs: a public one, or a file without a kind before it");
  if (options.verify && std::all_of(requested.of_pairs.begin(), requested.of_pairs.end(), is_pair_file))
    refuse_usage("--verify: needs a public task of scored pairs, such as stsb{}",
                 on_files.empty() ? "" : "; no score is published for " + on_files);
}

void find_data(RequestedTasks& requested, const EvalOptions& options) {
  const bool any_public = !std::all_of(requested.of_pairs.begin(), requested.of_pairs.end(), is_pair_file);
  requested.data_dir = find_data_dir(options.data_dir, /*is_needed=*/any_public);
  for (OwnDataTask& task : requested.own_data)
    task.path = find_named_data(task.path.string(), options.data_dir);
  for (std::string& name : requested.of_pairs)
    if (is_pair_file(name)) name = find_named_data(name, options.data_dir).string();
}

void refuse_lost_inputs(const RequestedTasks& requested, const EvalOptions& options) {
  if (!fs::exists(options.output)) return;
  const fs::path& data_dir = requested.data_dir;
  const auto refuse = [&](const std::vector<UsedFile>& inputs) {
    refuse_lost_file("--output", options.output, inputs);
  };
  refuse(own_data_inputs(requested.own_data));
  refuse(pair_inputs(requested.of_pairs, data_dir, options.split));
  refuse(model_inputs(options.model, data_dir));
  if (!options.compare.empty()) refuse(model_inputs(options.compare, data_dir));
}

}  // namespace angle::cli
