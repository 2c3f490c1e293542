#include "angle/eval/contamination.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "angle/error.h"

namespace angle {
namespace {

using nlohmann::json;

/// How many pairs of a scored split are in the training split of another task, compared without case and
/// punctuation.
struct Overlap {
  const char* trained_on;
  const char* task;
  const char* split;
  const char* pairs;
};

constexpr Overlap kOverlaps[] = {
    {"stsb", "sts12", "test", "1003 of the 3108"},
    {"stsb", "sts13", "test", "597 of the 1500"},
    {"stsb", "sts14", "test", "1861 of the 3750"},
    {"stsb", "sts15", "test", "1102 of the 3000"},
    {"stsb", "sts16", "test", "197 of the 1186"},
    {"stsb", "mrpc", "test", "499 of the 1725"},
    {"mrpc", "sts12", "test", "all 750 MSRpar"},
    {"mrpc", "sts12", "test_not_in_stsb", "118 of the 1781"},
    {"mrpc", "stsb", "validation", "122 of the 1500"},
    {"mrpc", "stsb", "test", "128 of the 1379"},
};

bool is_sts_year(const std::string& task) { return task.starts_with("sts") && task != "stsb"; }

bool has_split(const TaskSpec& task, const std::string& split) {
  return std::any_of(task.splits.begin(), task.splits.end(),
                     [&](const KnownSplit& known) { return known.name == split; });
}

bool is_task(const std::string& name) {
  return std::any_of(all_tasks().begin(), all_tasks().end(),
                     [&](const TaskSpec& task) { return task.name == name; });
}

/// What one training split means for a scored one; empty when nothing is known.
std::string note(const TrainingSplit& seen, const TaskSpec& task, const std::string& split) {
  const std::string& trained_on = find_task(seen.task).title;
  if (seen.task == task.name) {
    if (seen.split != split) return {};
    return fmt::format(
        "the model was trained on {}/{}: a score on the same pairs tells nothing about new ones", seen.task,
        seen.split);
  }
  if (seen.split == "train") {
    for (const Overlap& overlap : kOverlaps) {
      if (seen.task == overlap.trained_on && task.name == overlap.task && split == overlap.split)
        return fmt::format("{} pairs are also in {}'s training split, on which the model was trained",
                           overlap.pairs, trained_on);
    }
  }
  const bool from_one_source = (seen.task == "stsb" && is_sts_year(task.name) && split == "test") ||
                               (is_sts_year(seen.task) && task.name == "stsb");
  if (!from_one_source) return {};
  return fmt::format(
      "STS-B was cut from STS12-17, so pairs may also be in {}/{}, on which the model was trained", seen.task,
      seen.split);
}

}  // namespace

json training_history(const json& train_config) {
  const auto member = [](const json& object, const char* key) {
    return object.is_object() ? object.value(key, json()) : json();
  };
  json history = json::array();
  for (const json& sources :
       {member(train_config, "trained_before"), member(member(train_config, "data"), "train")})
    for (const json& source : sources.is_array() ? sources : json::array())
      if (member(source, "path").is_string() && member(source, "weight") != 0) history.push_back(source);
  return history;
}

std::vector<TrainingSplit> seen_in_training(const json& train_config) {
  std::vector<TrainingSplit> seen;
  std::set<std::pair<std::string, std::string>> known;  // stages often share their data
  for (const json& source : training_history(train_config)) {
    const std::filesystem::path path = source.at("path").get<std::string>();
    const std::string file = path.filename().string();  // train.tsv, train.jsonl.gz
    const std::string task = path.parent_path().filename().string(), split = file.substr(0, file.find('.'));
    if (is_task(task) && known.emplace(task, split).second) seen.push_back({task, split});
  }
  return seen;
}

std::vector<std::string> contamination_notes(const std::vector<TrainingSplit>& seen, const TaskSpec& task,
                                             const std::string& split) {
  std::vector<std::string> notes;
  for (const TrainingSplit& trained_on : seen) {
    std::string text = note(trained_on, task, split);
    if (!text.empty()) notes.push_back(std::move(text));
  }
  return notes;
}

std::string clean_split(const std::vector<TrainingSplit>& seen, const TaskSpec& task,
                        const std::string& split) {
  const bool saw_stsb =
      std::any_of(seen.begin(), seen.end(), [](const TrainingSplit& data) { return data.task == "stsb"; });
  return saw_stsb && split == "test" && has_split(task, "test_not_in_stsb") ? "test_not_in_stsb" : "";
}

}  // namespace angle
