#include "angle/eval/tasks.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "angle/cache_directory.h"
#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/suggest.h"

#include "eval/comma_list.h"

namespace angle {
namespace {

constexpr auto kNotInStsb = "only pairs without a sentence of STS-B train or validation";

TaskSpec sts_year(std::string name, std::string title, std::string subsets, std::string published,
                  int64_t pairs, int64_t pairs_not_in_stsb) {
  return {.name = std::move(name),
          .title = std::move(title),
          .labels = LabelKind::graded,
          .protocol = "all subsets together (" + std::move(subsets) + "), labels 0-5",
          .published = std::move(published) + " AnglE-BERT, trained on NLI",
          .splits = {{"test", pairs, ""}, {"test_not_in_stsb", pairs_not_in_stsb, kNotInStsb}}};
}

TaskSpec binary_task(std::string name, std::string title, std::string protocol, std::string published,
                     std::vector<KnownSplit> splits) {
  return {.name = std::move(name),
          .title = std::move(title),
          .labels = LabelKind::binary,
          .protocol = std::move(protocol),
          .published = std::move(published) + " AnglE-BERT, trained on its training split",
          .splits = std::move(splits)};
}

std::vector<TaskSpec> make_tasks() {
  return {sts_year("sts12", "STS12", "MSRpar, MSRvid, SMTeuroparl, OnWN, SMTnews", "75.09", 3108, 1781),
          sts_year("sts13", "STS13", "FNWN, headlines, OnWN", "85.56", 1500, 815),
          sts_year("sts14", "STS14", "deft-forum, deft-news, headlines, images, OnWN, tweet-news", "80.66",
                   3750, 1615),
          sts_year("sts15", "STS15", "answers-forums, answers-students, belief, headlines, images", "86.44",
                   3000, 1288),
          sts_year("sts16", "STS16", "answer-answer, headlines, plagiarism, postediting, question-question",
                   "82.47", 1186, 964),
          {.name = "stsb",
           .title = "STS-B",
           .labels = LabelKind::graded,
           .protocol = "STS Benchmark, labels 0-5",
           .published = "85.16 AnglE-BERT, trained on NLI; 86.26 trained on STS-B",
           .splits = {{"test", 1379, ""}, {"validation", 1500, ""}, {"train", 5749, ""}}},
          {.name = "sickr",
           .title = "SICK-R",
           .labels = LabelKind::graded,
           .protocol = "SICK relatedness, labels 1-5",
           .published = "81.23 AnglE-BERT, trained on NLI (4927 pairs)",
           .splits =
               {{"test", 4927, ""},
                {"test", 9927,
                 "all 9927 pairs, as MTEB scores SICK-R; SimCSE and AnglE report SentEval's test of 4927"}}},
          binary_task("mrpc", "MRPC", "Microsoft paraphrases, label 1: same meaning", "62.20",
                      {{"test", 1725, ""}, {"train", 4076, ""}}),
          binary_task("qqp", "QQP", "Quora question pairs, label 1: duplicates", "76.54",
                      {{"validation", 40430, ""}, {"train", 363846, ""}}),
          binary_task("qnli", "QNLI", "question and sentence, label 1: it answers (GLUE's label flipped)",
                      "72.19", {{"validation", 5463, ""}, {"train", 104743, ""}}),
          binary_task("gis", "GIS", "GitHub issues, label 1: duplicates", "70.55",
                      {{"test", 1548, ""}, {"validation", 1547, ""}, {"train", 18565, ""}})};
}

/// Names that stand for groups: their own, and `all` and `transfer`.
std::vector<std::string> groups_of(std::string_view name) {
  if (name == "all") return {"sts", "non-transfer"};
  if (name == "transfer") return {"sts"};
  for (const TaskGroup& group : all_groups()) {
    if (group.name == name) return {group.name};
  }
  return {};
}

void add_task(TaskSelection& selection, const TaskSpec& task, bool by_name) {
  for (SelectedTask& selected : selection.tasks) {
    if (selected.task != &task) continue;
    selected.by_name |= by_name;
    return;
  }
  selection.tasks.push_back({&task, by_name});
}

void add_group(TaskSelection& selection, std::string_view name) {
  const auto group = std::find_if(all_groups().begin(), all_groups().end(),
                                  [&](const TaskGroup& candidate) { return candidate.name == name; });
  for (const std::string& task : group->tasks) add_task(selection, find_task(task), /*by_name=*/false);
  if (std::find(selection.groups.begin(), selection.groups.end(), &*group) == selection.groups.end())
    selection.groups.push_back(&*group);
}

void add_own_task(TaskSelection& selection, const std::string& file) {
  selection.own_tasks.push_back(
      std::make_unique<const TaskSpec>(TaskSpec{.name = file,
                                                .title = "scored pairs",
                                                .labels = LabelKind::any,
                                                .protocol = "labels as the file has them",
                                                .published = "",
                                                .splits = {{"", 0, ""}},
                                                .file = file}));
  selection.tasks.push_back({selection.own_tasks.back().get(), /*by_name=*/true});
}

/// The splits of a task that are in its directory, sorted.
std::vector<std::string> splits_there(const std::filesystem::path& directory) {
  std::vector<std::string> splits;
  std::error_code ignored;  // no directory, no splits
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".tsv") splits.push_back(entry.path().stem().string());
  }
  std::sort(splits.begin(), splits.end());
  return splits;
}

/// Error that names the tasks of a group, if the name is that of one.
void refuse_group(std::string_view name, const std::string& where) {
  TaskSelection selection;
  for (const std::string& group : groups_of(name)) add_group(selection, group);
  std::vector<std::string> tasks;
  for (const SelectedTask& selected : selection.tasks) tasks.push_back(selected.task->name);
  if (!tasks.empty())
    fail("{} {}: a group of tasks, expected single ones: {}", where, name, fmt::join(tasks, ", "));
}

/// The splits that a task has, each once.
std::vector<std::string> split_names(const TaskSpec& task) {
  std::vector<std::string> names;
  for (const KnownSplit& split : task.splits)
    if (std::find(names.begin(), names.end(), split.name) == names.end()) names.push_back(split.name);
  return names;
}

/// Other names of the validation split, which no spelling leads to.
bool is_validation(std::string_view split) { return split == "dev" || split == "val" || split == "valid"; }

constexpr std::array kGroupNames = {"sts", "transfer", "non-transfer", "all"};

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const TaskSpec& task : all_tasks()) names.push_back(task.name);
  return names;
}

/// What a misspelt name may have been meant for.
std::vector<std::string> names_of(bool groups_too) {
  std::vector<std::string> names = task_names();
  if (groups_too) names.insert(names.end(), kGroupNames.begin(), kGroupNames.end());
  return names;
}

/// Error that says how data of one's own are a task, if the name is that of a directory or of a file that is
/// none, or a path: a configuration's are looked up elsewhere.
void refuse_path(std::string_view name, const std::string& where) {
  std::error_code error;
  const auto status = std::filesystem::status(name, error);
  if (std::filesystem::is_directory(status))
    fail(
        "{0} {1}: a directory, not a task; the data in one are a task as pairs:{1}, retrieval:{1} or "
        "classify:{1}, and scored pairs as a file",
        where, name);
  if (std::filesystem::exists(status))
    fail(
        "{0} {1}: not a file of scored pairs, whose name ends in .tsv, .csv or .jsonl, each possibly with "
        ".gz; such a file of other data is a task as pairs:FILE or cluster:FILE",
        where, name);
  if (is_path(name))
    fail(
        "{0} {1}: a path, not a task; data of one's own are a task as pairs:{1}, retrieval:{1}, classify:{1} or "
        "cluster:{1}, and scored pairs as a file whose name ends in .tsv, .csv or .jsonl",
        where, name);
}

/// The task of a name; null when there is none.
const TaskSpec* known_task(std::string_view name) {
  const auto found = std::find_if(all_tasks().begin(), all_tasks().end(),
                                  [&](const TaskSpec& task) { return task.name == name; });
  return found == all_tasks().end() ? nullptr : &*found;
}

/// @param groups_too  whether a group could have been named as well
/// @param own_too     whether data of one's own could
[[noreturn]] void refuse_unknown(std::string_view name, const std::string& where, bool groups_too,
                                 bool own_too) {
  if (own_too) refuse_path(name, where);
  fail("{} {}: unknown task{} (tasks: {}{}{})", where, name, suggestion(name, names_of(groups_too)),
       fmt::join(task_names(), ", "),
       groups_too ? fmt::format("; groups: {}", fmt::join(kGroupNames, ", ")) : "",
       own_too ? "; or a file; or own data, as retrieval:DIR" : "");
}

/// Error if the name is that of a task with a split, as configurations have them.
void refuse_split(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return;
  const std::string task = name.substr(0, slash), split = name.substr(slash + 1);
  if (known_task(task) != nullptr)
    fail("--task {0}/{1}: the split has an option of its own: --task {0} --split {1}", task, split);
}

void add_name(TaskSelection& selection, const std::string& name) {
  if (is_pair_file(name)) {
    add_own_task(selection, name);
    return;
  }
  const auto groups = groups_of(name);
  for (const std::string& group : groups) add_group(selection, group);
  if (!groups.empty()) return;
  const TaskSpec* task = known_task(name);
  if (task == nullptr) refuse_split(name);
  if (task == nullptr) refuse_unknown(name, "--task", /*groups_too=*/true, /*own_too=*/true);
  add_task(selection, *task, /*by_name=*/true);
}

}  // namespace

const std::vector<TaskSpec>& all_tasks() {
  static const std::vector<TaskSpec> tasks = make_tasks();
  return tasks;
}

const std::vector<TaskGroup>& all_groups() {
  static const std::vector<TaskGroup> groups = {
      {"sts",
       "82.37 AnglE-BERT, trained on NLI",
       {"sts12", "sts13", "sts14", "sts15", "sts16", "stsb", "sickr"}},
      {"non-transfer", "73.55 AnglE-BERT, trained on each", {"mrpc", "stsb", "qqp", "qnli", "gis"}}};
  return groups;
}

const TaskSpec& find_task(std::string_view name, const std::string& where, bool own_too) {
  if (const TaskSpec* task = known_task(name)) return *task;
  refuse_group(name, where);
  refuse_unknown(name, where, /*groups_too=*/false, own_too);
}

bool is_pair_file(std::string_view name) { return is_data_file(name); }

bool is_path(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  return name.find('/', slash + 1) != std::string_view::npos ||
         nearest_name(name.substr(0, slash), names_of(/*groups_too=*/true)).empty();
}

std::vector<std::string> listed_names(std::span<const std::string> lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    std::error_code error;
    const bool is_file = std::filesystem::is_regular_file(list, error);
    const auto listed = is_file ? std::vector{list} : parse_comma_list(list);
    names.insert(names.end(), listed.begin(), listed.end());
  }
  return names;
}

TaskSelection select_tasks(std::span<const std::string> names) {
  TaskSelection selection;
  for (const std::string& name : listed_names(names)) add_name(selection, name);
  if (selection.tasks.empty())
    fail("--task: no task named; `--task all` scores every task whose data are there");
  return selection;
}

std::filesystem::path task_file(const std::filesystem::path& data_dir, const TaskSpec& task,
                                const std::string& split) {
  if (!task.file.empty()) return task.file;
  return data_dir / task.name / ((split.empty() ? task.default_split() : split) + ".tsv");
}

std::string missing_file_message(const std::filesystem::path& file, const TaskSpec& task) {
  if (!task.file.empty()) return fmt::format("{}: no such file", file.string());
  const std::string split = file.stem().string();
  const std::vector<std::string> known = split_names(task);
  if (std::find(known.begin(), known.end(), split) == known.end())
    return fmt::format("{}: no such file: {} has no split \"{}\"{} (its splits: {})", file.string(),
                       task.title, split, suggestion(is_validation(split) ? "validation" : split, known),
                       fmt::join(known, ", "));
  const auto there = splits_there(file.parent_path());
  const std::string splits = there.empty() ? "" : fmt::format(" (splits there: {})", fmt::join(there, ", "));
  return fmt::format("{}: no such file{}; `scripts/fetch_data.sh {}` fetches {}{}", file.string(), splits,
                     task.name, task.title, where_to_fetch(file.parent_path().parent_path()));
}

std::string where_to_fetch(const std::filesystem::path& data_dir) {
  if (data_dir.empty() || data_dir.lexically_normal() == data_directory().lexically_normal()) return "";
  return fmt::format(" (to {0} with ANGLE_DATA_DIR={0} before the command)", data_dir.string());
}

bool is_public_data(std::string_view name) {
  const std::vector<TaskSpec>& tasks = all_tasks();
  return name == "nli" || name == "biosses" ||
         std::any_of(tasks.begin(), tasks.end(), [&](const TaskSpec& task) { return task.name == name; });
}

std::string split_remark(const TaskSpec& task, const std::string& split, int64_t pairs) {
  if (!task.file.empty()) return {};
  std::vector<int64_t> known;
  for (const KnownSplit& candidate : task.splits) {
    if (candidate.name != split) continue;
    if (candidate.pairs == pairs) return candidate.remark;
    known.push_back(candidate.pairs);
  }
  if (known.empty()) return {};
  return fmt::format("expected {} pairs, found {}: not comparable with other scores on {}",
                     fmt::join(known, " or "), pairs, task.title);
}

}  // namespace angle
