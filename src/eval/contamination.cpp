#include "angle/eval/contamination.h"

#include <algorithm>
#include <exception>
#include <set>
#include <system_error>
#include <utility>

#include "angle/error.h"
#include "angle/eval/labelled_texts.h"
#include "angle/eval/own_data_files.h"
#include "angle/eval/task_name.h"
#include "angle/excerpt.h"
#include "angle/io/checksum.h"
#include "angle/validation_loss.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
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

/// @param seen  the split or file
std::string note_on_the_same_pairs(const std::string& seen, SplitUse use) {
  return use == SplitUse::training
             ? fmt::format(
                   "the model was trained on {}: a score on the same pairs tells nothing about new ones",
                   seen)
             : fmt::format("the model's best step was chosen on {}: a score on the same pairs is too high",
                           seen);
}

/// What one seen split means for a scored one; empty when nothing is known.
std::string note(const SeenSplit& seen, const TaskSpec& task, const std::string& split) {
  if (seen.task == task.name)
    return seen.split == split ? note_on_the_same_pairs(seen.task + "/" + seen.split, seen.use) : "";
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

/// Splits and files in the order in which they were seen, each once: stages of training often share their
/// data.
class SeenData {
 public:
  void add_split(const std::string& task, const std::string& split, SplitUse use) {
    if (is_task(task) && known_.insert({task, split, use}).second) splits_.push_back({task, split, use});
  }

  void add_file(const std::string& path, SplitUse use) {
    const std::string file = fs::path(path).filename().string();  // train.tsv, train.jsonl.gz
    add_split(fs::path(path).parent_path().filename().string(), file.substr(0, file.find('.')), use);
    add_path(path, use);
  }

  /// Whose test file was used.
  void add_directory(const std::string& path, SplitUse use) {
    add_split(fs::path(path).filename().string(), "test", use);
    add_path(path, use);
  }

  std::vector<SeenSplit> take_splits() { return std::move(splits_); }
  std::vector<SeenFile> take_files() { return std::move(files_); }

 private:
  void add_path(const std::string& path, SplitUse use) {
    if (!path.empty() && known_files_.insert({path, use}).second) files_.push_back({path, use});
  }

  std::vector<SeenSplit> splits_;
  std::set<SeenSplit> known_;
  std::vector<SeenFile> files_;
  std::set<SeenFile> known_files_;
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
void add_own_pairs(SeenData& seen, const std::string& path) {
  if (is_pair_file(path))
    seen.add_file(path, SplitUse::selection);
  else
    seen.add_directory(path, SplitUse::selection);
}

/// What `evaluation.metric` is taken on: the files of a loss, one task (`stsb/cosine_spearman`), or all tasks
/// that have it.
void add_selection(SeenData& seen, const json& evaluation) {
  const std::string metric = text(evaluation, "metric");
  if (is_validation_loss(metric)) {
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
      seen.add_split(task.task, task.split, SplitUse::selection);
  }
}

SeenData seen_data(const json& train_config) {
  SeenData seen;
  for (const json& source : training_history(train_config))
    seen.add_file(text(source, "path"), SplitUse::training);
  add_selection(seen, member(train_config, "evaluation"));
  return seen;
}

/// Whether two paths lead to one file, or to files with the same bytes.
bool have_same_bytes(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::equivalent(one, other, error)) return true;
  if (!fs::is_regular_file(one, error) || !fs::is_regular_file(other, error)) return false;
  return fs::file_size(one, error) == fs::file_size(other, error) &&
         file_checksum(one) == file_checksum(other);
}

/// Whether a file is what a seen path leads to from a place.
bool leads_to(const fs::path& path, const fs::path& file) {
  try {
    std::error_code error;
    return have_same_bytes(fs::is_directory(path, error) ? find_split_file(path, "test") : path, file);
  } catch (const std::exception&) {
    return false;  // what can't be read tells nothing
  }
}

/// The names on a path, without what leads up.
std::vector<fs::path> names_on(const fs::path& path) {
  const fs::path plain = path.lexically_normal();
  std::vector<fs::path> names(plain.begin(), plain.end());
  std::erase_if(names, [](const fs::path& name) { return name.empty() || name == "." || name == ".."; });
  return names;
}

bool has_end(const fs::path& path, const fs::path& end) {
  const std::vector<fs::path> names = names_on(path), last = names_on(end);
  return !last.empty() && last.size() <= names.size() &&
         std::equal(last.rbegin(), last.rend(), names.rbegin());
}

/// Whether a seen path may lead to a file from some place.
bool may_lead_to(const fs::path& file, const std::string& seen) {
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);
  const bool is_test = whole.filename().string().starts_with("test.");
  return has_end(whole, seen) || (is_test && has_end(whole.parent_path(), seen));
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

std::vector<SeenSplit> seen_splits(const json& train_config) { return seen_data(train_config).take_splits(); }

std::vector<SeenFile> seen_files(const json& train_config) { return seen_data(train_config).take_files(); }

std::vector<std::string> contamination_notes(const std::vector<SeenSplit>& seen, const TaskSpec& task,
                                             const std::string& split) {
  std::vector<std::string> notes;
  for (const SeenSplit& one : seen) {
    std::string text = note(one, task, split);
    if (!text.empty()) notes.push_back(std::move(text));
  }
  return notes;
}

std::vector<std::string> own_file_notes(const std::vector<SeenFile>& seen, const fs::path& file,
                                        const fs::path& data_dir) {
  std::vector<std::string> notes;
  const auto add = [&](std::string note) {
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
  };
  for (const auto& [path, use] : seen) {
    constexpr size_t kShownBytes = 200;
    if (leads_to(data_dir / path, file) || leads_to(path, file))
      add(note_on_the_same_pairs("this file", use));
    else if (may_lead_to(file, path))
      add(note_on_the_same_pairs(excerpt(path, kShownBytes) + ", which may be this file", use));
  }
  return notes;
}

std::vector<std::string> seen_notes(const json& train_config, const TaskSpec& task, const std::string& split,
                                    const fs::path& data_dir) {
  return task.file.empty() ? contamination_notes(seen_splits(train_config), task, split)
                           : own_file_notes(seen_files(train_config), task.file, data_dir);
}

std::vector<std::string> own_data_notes(const std::vector<SeenFile>& seen, const OwnDataTask& task,
                                        const fs::path& data_dir) {
  if (task.kind != OwnDataKind::pairs || seen.empty()) return {};
  return own_file_notes(seen, own_data_files(task).front(), data_dir);
}

std::string clean_split(const std::vector<SeenSplit>& seen, const TaskSpec& task, const std::string& split) {
  const bool trained_on_stsb = std::any_of(seen.begin(), seen.end(), [](const SeenSplit& one) {
    return one.task == "stsb" && one.use == SplitUse::training;
  });
  return trained_on_stsb && split == "test" && has_split(task, "test_not_in_stsb") ? "test_not_in_stsb" : "";
}

}  // namespace angle
