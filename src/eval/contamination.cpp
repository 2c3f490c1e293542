#include "angle/eval/contamination.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "angle/error.h"
#include "angle/eval/own_data.h"
#include "angle/eval/task_name.h"

namespace angle {
namespace {

using nlohmann::json;

/// How many pairs of a scored split are in a split of another task, compared without case and punctuation.
struct Overlap {
  const char* seen_task;
  const char* seen_split;
  const char* task;
  const char* split;
  const char* pairs;
};

constexpr Overlap kOverlaps[] = {
    {"stsb", "train", "sts12", "test", "1003 of the 3108"},
    {"stsb", "train", "sts13", "test", "597 of the 1500"},
    {"stsb", "train", "sts14", "test", "1861 of the 3750"},
    {"stsb", "train", "sts15", "test", "1102 of the 3000"},
    {"stsb", "train", "sts16", "test", "197 of the 1186"},
    {"stsb", "train", "mrpc", "test", "499 of the 1725"},
    {"stsb", "validation", "sts12", "test", "259 of the 3108"},
    {"stsb", "validation", "sts13", "test", "81 of the 1500"},
    {"stsb", "validation", "sts14", "test", "193 of the 3750"},
    {"stsb", "validation", "sts15", "test", "580 of the 3000"},
    {"stsb", "validation", "sts16", "test", "22 of the 1186"},
    {"stsb", "validation", "mrpc", "test", "130 of the 1725"},
    {"mrpc", "train", "sts12", "test", "all 750 MSRpar"},
    {"mrpc", "train", "sts12", "test_not_in_stsb", "118 of the 1781"},
    {"mrpc", "train", "stsb", "validation", "122 of the 1500"},
    {"mrpc", "train", "stsb", "test", "128 of the 1379"},
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

const char* purpose(SplitUse use) {
  return use == SplitUse::training ? "on which the model was trained"
                                   : "on which the model's best step was chosen";
}

std::string note_on_the_same_pairs(const SeenSplit& seen) {
  return seen.use == SplitUse::training
             ? fmt::format(
                   "the model was trained on {}/{}: a score on the same pairs tells nothing about new ones",
                   seen.task, seen.split)
             : fmt::format("the model's best step was chosen on {}/{}: a score on the same pairs is too high",
                           seen.task, seen.split);
}

/// What one seen split means for a scored one; empty when nothing is known.
std::string note(const SeenSplit& seen, const TaskSpec& task, const std::string& split) {
  if (seen.task == task.name) return seen.split == split ? note_on_the_same_pairs(seen) : "";
  for (const Overlap& overlap : kOverlaps) {
    if (seen.task == overlap.seen_task && seen.split == overlap.seen_split && task.name == overlap.task &&
        split == overlap.split)
      return fmt::format("{} pairs are also in {}'s {} split, {}", overlap.pairs, find_task(seen.task).title,
                         seen.split == "train" ? "training" : seen.split, purpose(seen.use));
  }
  const bool from_one_source = (seen.task == "stsb" && is_sts_year(task.name) && split == "test") ||
                               (is_sts_year(seen.task) && task.name == "stsb");
  if (!from_one_source) return {};
  return fmt::format("STS-B was cut from STS12-17, so pairs may also be in {}/{}, {}", seen.task, seen.split,
                     purpose(seen.use));
}

json member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

json list(const json& object, const char* key) {
  const json value = member(object, key);
  return value.is_array() ? value : json::array();
}

/// A string, or "" where there is none.
std::string text(const json& object, const char* key) {
  const json value = member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

/// Splits in the order in which they were seen, each once: stages of training often share their data.
class SeenSplits {
 public:
  void add(const std::string& task, const std::string& split, SplitUse use) {
    if (is_task(task) && known_.insert({task, split, use}).second) splits_.push_back({task, split, use});
  }

  void add_file(const std::filesystem::path& path, SplitUse use) {
    const std::string file = path.filename().string();  // train.tsv, train.jsonl.gz
    add(path.parent_path().filename().string(), file.substr(0, file.find('.')), use);
  }

  std::vector<SeenSplit> take() { return std::move(splits_); }

 private:
  std::vector<SeenSplit> splits_;
  std::set<SeenSplit> known_;
};

constexpr std::string_view kOwnPairs = "pairs:";

/// Whether a metric is taken on a task. What is written here need not be of this version, so nothing is
/// refused.
bool is_judged_by(const TaskName& task, const std::string& metric) {
  if (metric.empty()) return true;
  const size_t colon = task.task.find(':');
  if (colon == std::string::npos) return has_metric(task, metric);
  const std::vector<std::string> of_pairs = own_data_metrics(OwnDataKind::pairs);
  return task.task.starts_with(kOwnPairs) &&
         std::find(of_pairs.begin(), of_pairs.end(), metric) != of_pairs.end();
}

/// `pairs:FILE`, or `pairs:DIR`, whose test file is scored.
void add_own_pairs(SeenSplits& seen, const std::string& path) {
  if (is_pair_file(path))
    seen.add_file(path, SplitUse::selection);
  else
    seen.add(std::filesystem::path(path).filename().string(), "test", SplitUse::selection);
}

/// What `evaluation.metric` is taken on: the files of a loss, one task (`stsb/cosine_spearman`), or all tasks
/// that have it.
void add_selection(SeenSplits& seen, const json& evaluation) {
  const std::string metric = text(evaluation, "metric");
  if (metric.starts_with("val_loss")) {
    for (const json& source : list(evaluation, "loss_data"))
      seen.add_file(text(source, "path"), SplitUse::selection);
    return;
  }
  const size_t slash = metric.rfind('/');
  const std::string only = slash == std::string::npos ? "" : metric.substr(0, slash);
  const std::string name = slash == std::string::npos ? metric : metric.substr(slash + 1);
  for (const TaskName& task : parse_task_names(text(evaluation, "task"), text(evaluation, "split"))) {
    if ((!only.empty() && task.task != only) || !is_judged_by(task, name)) continue;
    if (task.task.starts_with(kOwnPairs))
      add_own_pairs(seen, task.task.substr(kOwnPairs.size()));
    else if (is_pair_file(task.task))
      seen.add_file(task.task, SplitUse::selection);
    else
      seen.add(task.task, task.split, SplitUse::selection);
  }
}

}  // namespace

json training_history(const json& train_config) {
  json history = json::array();
  for (const json& sources :
       {list(train_config, "trained_before"), list(member(train_config, "data"), "train")})
    for (const json& source : sources)
      if (member(source, "path").is_string() && member(source, "weight") != 0) history.push_back(source);
  return history;
}

std::vector<SeenSplit> seen_splits(const json& train_config) {
  SeenSplits seen;
  for (const json& source : training_history(train_config))
    seen.add_file(text(source, "path"), SplitUse::training);
  add_selection(seen, member(train_config, "evaluation"));
  return seen.take();
}

std::vector<std::string> contamination_notes(const std::vector<SeenSplit>& seen, const TaskSpec& task,
                                             const std::string& split) {
  std::vector<std::string> notes;
  for (const SeenSplit& one : seen) {
    std::string text = note(one, task, split);
    if (!text.empty()) notes.push_back(std::move(text));
  }
  return notes;
}

std::string clean_split(const std::vector<SeenSplit>& seen, const TaskSpec& task, const std::string& split) {
  const bool trained_on_stsb = std::any_of(seen.begin(), seen.end(), [](const SeenSplit& one) {
    return one.task == "stsb" && one.use == SplitUse::training;
  });
  return trained_on_stsb && split == "test" && has_split(task, "test_not_in_stsb") ? "test_not_in_stsb" : "";
}

}  // namespace angle
