// The evaluation sets by name, and where their files are: `<data_dir>/<task>/<split>.tsv`.
//
// Protocol: all pairs of a set together give one correlation, the subsets of a year not apart (SentEval
// "all", as SimCSE and AnglE report). The text is taken as the file has it.
//
// A file of the user's own scored pairs is a task too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// What gold labels mean.
enum class LabelKind {
  graded,  // 0 (unrelated) to 5 (same meaning)
  binary,  // 0 or 1; so many ties keep Spearman's correlation far below 1
  any      // of a user's own file: any numbers, the larger the more similar
};

/// A split as the field knows it.
struct KnownSplit {
  std::string name;
  int64_t pairs;
  std::string remark;  // what to know before comparing its score with others; often empty
};

struct TaskSpec {
  std::string name;   // on the command line and of the data directory
  std::string title;  // as papers write it
  LabelKind labels;
  std::string protocol;            // where the pairs come from and what the labels are
  std::string published;           // the score to compare with: Spearman × 100 of the cosine
  std::vector<KnownSplit> splits;  // the first is scored by default
  std::filesystem::path file;      // of a user's own pairs, which have one split without a name; else empty

  const std::string& default_split() const { return splits.front().name; }
};

/// Tasks with a published average, the plain mean over them.
struct TaskGroup {
  std::string name;
  std::string published;
  std::vector<std::string> tasks;
};

struct SelectedTask {
  const TaskSpec* task;
  bool by_name;  // asked for itself, not only as one of a group
};

/// What `--task` asks for.
struct TaskSelection {
  std::vector<SelectedTask> tasks;                         // in the order of the names, each once
  std::vector<const TaskGroup*> groups;                    // whose averages are reported
  std::vector<std::unique_ptr<const TaskSpec>> own_tasks;  // those of files
};

const std::vector<TaskSpec>& all_tasks();
const std::vector<TaskGroup>& all_groups();

/// The task of a name; Error `--task stbs: unknown task; did you mean "stsb"? …`, and for a group of tasks.
///
/// @param where    what the name was given to, for the message
/// @param own_too  whether data of the user's own could have been named as well, which the message then tells
const TaskSpec& find_task(std::string_view name, const std::string& where = "--task", bool own_too = true);

/// Whether the name of a task is that of a file: it ends as the files do that data/reader.h reads.
bool is_pair_file(std::string_view name);

/// Whether the name of a task is a path, `./faq`, `own/faq`, and neither a task with its split, `stsb/test`,
/// nor what is misspelt for one.
bool is_path(std::string_view name);

/// The names of comma lists; that of a file that is there is one, whatever commas its path has.
std::vector<std::string> listed_names(std::span<const std::string> lists);

/// Names of tasks and groups and files of scored pairs, each possibly a list as above: `stsb`, `sts12,sts13`,
/// `sts` (the seven of the transfer average, also called `transfer`), `non-transfer`, `all` (both groups).
///
/// Error for no name at all, and for an unknown one with the nearest.
TaskSelection select_tasks(std::span<const std::string> names);

/// `<data_dir>/<task>/<split>.tsv`, an empty split being the task's default; of a user's own pairs their
/// file.
std::filesystem::path task_file(const std::filesystem::path& data_dir, const TaskSpec& task,
                                const std::string& split = {});

/// What to tell when a file of task_file() isn't there: that the task has no such split, and which it has; or
/// how to get it, and the splits that are there.
std::string missing_file_message(const std::filesystem::path& file, const TaskSpec& task);

/// What a message says behind `scripts/fetch_data.sh …` when it would fetch into another directory:
/// ` (to mine with ANGLE_DATA_DIR=mine before the command)`; else "".
std::string where_to_fetch(const std::filesystem::path& data_dir);

/// Whether `scripts/fetch_data.sh NAME` fetches a folder of that name: a task, or what is only trained on.
bool is_public_data(std::string_view name);

/// What to know before comparing a score over so many pairs of a split with others: the remark of the known
/// split, or that the number of pairs is not the known one. Empty when there is nothing to say.
std::string split_remark(const TaskSpec& task, const std::string& split, int64_t pairs);

}  // namespace angle
