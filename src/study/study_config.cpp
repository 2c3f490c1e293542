#include "angle/study/study_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "angle/error.h"
#include "angle/eval/own_data.h"
#include "angle/eval/tasks.h"
#include "angle/excerpt.h"
#include "angle/suggest.h"

#include "config_checker.h"
#include "config_file.h"
#include "eval/comma_list.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

json make_schema() {
  json row = StudyRow{};
  row["set"] = nullptr;
  json schema = StudyConfig{};
  schema["set"] = nullptr;
  schema["rows"] = json::array({row});
  schema["seeds"] = json::array({0});
  schema["tasks"] = json::array({""});
  schema["precision"] = {{"one of", {"", "float32", "bfloat16"}}};
  return schema;
}

TaskName scored_task(const std::string& name) {
  auto tasks = parse_task_names(name, "");
  if (tasks.size() != 1) fail("tasks: \"{}\", expected the name of one task", name);
  TaskName& task = tasks.front();
  if (parse_own_data_task(task.task, "tasks") || is_pair_file(task.task)) return task;
  const TaskSpec& known = find_task(task.task, "tasks");
  if (task.split.empty()) task.split = known.default_split();
  return task;
}

class Rules : ConfigRules {
 public:
  explicit Rules(const StudyConfig& config) : config_(config) {}

  std::vector<std::string> check() {
    require(!config_.base.empty(), "base: missing; name the training configuration");
    check_overrides(config_.set, "set");
    check_rows();
    check_seeds();
    check_tasks_and_metrics();
    require_range(config_.threads, int64_t{0}, int64_t{1024}, "threads");
    require_range(config_.resamples, int64_t{100}, int64_t{1'000'000}, "resamples");
    return std::move(problems_);
  }

 private:
  void check_overrides(const json& set, const std::string& path) {
    collect([&] {
      for (const std::string& assignment : override_assignments(set, path))
        require(!assignment.starts_with("train.seed="), "{}: train.seed is what \"seeds\" says", path);
    });
  }

  void check_rows() {
    require(!config_.rows.empty(), "rows: expected at least one");
    std::set<std::string> names;
    for (size_t i = 0; i < config_.rows.size(); ++i) {
      const StudyRow& row = config_.rows[i];
      require(!row.name.empty(), "rows[{}].name: missing", i);
      require(row.name.find_first_of("|\n\r") == std::string::npos,
              "rows[{}].name: a \"|\" or a line end, which would break the table", i);
      require(
          !config_.before_training || row.name != kBeforeTraining,
          "rows[{}].name: \"{}\" is the row of the model that was not trained; take another name, or leave "
          "that row out by \"before_training\": false",
          i, kBeforeTraining);
      require(row.name.empty() || names.insert(row.name).second, "rows[{}].name: \"{}\" is there twice", i,
              row.name);
      check_overrides(row.set, fmt::format("rows[{}].set", i));
    }
    require(config_.baseline.empty() || names.contains(config_.baseline),
            "baseline: there is no row \"{}\"{}", config_.baseline,
            suggestion(config_.baseline, {names.begin(), names.end()}));
  }

  void check_seeds() {
    require(!config_.seeds.empty(), "seeds: expected at least one; a spread needs two, a fair test five");
    std::set<int64_t> seeds;
    for (const int64_t seed : config_.seeds) {
      require(seed >= 0, "seeds: {}, expected at least 0", seed);
      require(seeds.insert(seed).second, "seeds: {} is there twice", seed);
    }
  }

  void check_tasks_and_metrics() {
    require(!config_.tasks.empty(), "tasks: expected at least one");
    std::vector<TaskName> tasks;
    std::set<std::string> ids, metrics;
    bool all_known = true;
    for (const std::string& name : config_.tasks)
      all_known &= collect([&] {
        tasks.push_back(scored_task(name));
        const std::string id = task_id(tasks.back());
        require(ids.insert(id).second, "tasks: {} is there twice", id);
      });
    for (const std::string& metric : parse_comma_list(config_.metric)) {
      require(metrics.insert(metric).second, "metric: {} is there twice", metric);
      if (all_known && !tasks.empty())  // a misspelt task may be the one that has it
        collect([&] { require_metric(metric, tasks, "metric"); });
    }
  }

  const StudyConfig& config_;
};

/// Appends what is wrong.  @return what is as it should be
StudyConfig check_study(const json& given, std::vector<std::string>& problems) {
  const json good = check_against_schema(given, make_schema(), problems);
  auto config = good.is_object() ? good.get<StudyConfig>() : StudyConfig{};
  if (problems.empty()) problems = Rules(config).check();
  return config;
}

void flatten(const json& value, const std::string& path, std::vector<std::string>& assignments) {
  if (!value.is_object()) {
    assignments.push_back(path + "=" + value.dump());
    return;
  }
  for (const auto& [key, child] : value.items())
    flatten(child, path.empty() ? key : path + "." + key, assignments);
}

std::vector<std::string> row_names(const StudyConfig& config) {
  std::vector<std::string> names;
  for (const StudyRow& row : config.rows) names.push_back(row.name);
  return names;
}

std::vector<std::string> seed_names(const StudyConfig& config) {
  std::vector<std::string> names;
  for (const int64_t seed : config.seeds) names.push_back(std::to_string(seed));
  return names;
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Error for the first of some names that is not known.
///
/// @param option     that names them, for the message
/// @param all_known  `rows: "mean", "cls"`
void require_known(const std::vector<std::string>& names, const std::vector<std::string>& known,
                   const std::string& option, const std::string& all_known) {
  for (const std::string& name : names)
    if (!is_among(name, known))
      fail("{} {}: not in the study{} ({})", option, excerpt(name), suggestion(name, known), all_known);
}

}  // namespace

std::vector<std::string> override_assignments(const json& set, const std::string& where) {
  std::vector<std::string> assignments;
  const auto is_string = [](const json& entry) { return entry.is_string(); };
  if (set.is_array() && std::all_of(set.begin(), set.end(), is_string)) {
    for (const json& entry : set) assignments.push_back(entry.get<std::string>());
  } else if (!set.is_object()) {
    fail("{}: expected a list of \"path=value\" or an object of the configuration's shape", where);
  } else {
    flatten(set, "", assignments);
  }
  return assignments;
}

std::vector<TaskName> scored_tasks(const StudyConfig& config) {
  std::vector<TaskName> tasks;
  for (const std::string& name : config.tasks) tasks.push_back(scored_task(name));
  return tasks;
}

std::vector<std::string> scored_metrics(const StudyConfig& config, const TaskName& task) {
  std::vector<std::string> metrics = parse_comma_list(config.metric);
  std::erase_if(metrics, [&](const std::string& metric) { return !has_metric(task, metric); });
  return metrics.empty() ? std::vector{metrics_of(task).front()} : metrics;
}

size_t baseline_row(const StudyConfig& config) {
  const auto& rows = config.rows;
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const StudyRow& row) { return row.name == config.baseline; });
  return found == rows.end() ? 0 : static_cast<size_t>(found - rows.begin());
}

StudyConfig take_part(const StudyConfig& study, const StudyPart& part) {
  const std::vector<std::string> rows = row_names(study), seeds = seed_names(study);
  require_known(part.rows, rows, "--row", "rows: " + list_in_quotes(rows));
  require_known(part.seeds, seeds, "--seeds", fmt::format("seeds: {}", fmt::join(seeds, ", ")));
  const std::string& baseline = rows[baseline_row(study)];
  StudyConfig result = study;
  if (!part.rows.empty())
    std::erase_if(result.rows, [&](const StudyRow& row) {
      return row.name != baseline && !is_among(row.name, part.rows);
    });
  if (!part.seeds.empty())
    std::erase_if(result.seeds, [&](int64_t seed) { return !is_among(std::to_string(seed), part.seeds); });
  return result;
}

std::string left_out_of(const StudyConfig& study, const StudyConfig& part) {
  std::vector<std::string> rows = row_names(study), seeds = seed_names(study);
  std::erase_if(rows, [there = row_names(part)](const auto& row) { return is_among(row, there); });
  std::erase_if(seeds, [there = seed_names(part)](const auto& seed) { return is_among(seed, there); });
  std::vector<std::string> parts;
  if (!rows.empty()) parts.push_back("rows " + list_in_quotes(rows));
  if (!seeds.empty()) parts.push_back(fmt::format("seeds {}", fmt::join(seeds, ", ")));
  return fmt::format("{}", fmt::join(parts, "; "));
}

StudyConfig parse_study_config(const json& given, const std::string& source) {
  std::vector<std::string> problems;
  StudyConfig config = check_study(given, problems);
  refuse_problems(source, problems);
  return config;
}

StudyConfig load_study_config(const fs::path& path) {
  const ConfigFile file = read_config_file(path, ConfigKind::study);
  std::vector<std::string> problems;
  StudyConfig config = check_study(file.content, problems);
  if (!config.base.empty()) {
    config.base = (file.directory / config.base).lexically_normal().string();
    if (!fs::exists(config.base)) problems.push_back(fmt::format("base: {}: no such file", config.base));
  }
  refuse_problems(file.source, problems);
  return config;
}

}  // namespace angle
