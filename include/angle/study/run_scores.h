// What stays of a finished run of a study: for each task of scored pairs the labels and similarities of all
// pairs, which is what scores and tests are made of; for a task on own data its scores, and what they are
// made of. The file has no texts.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "angle/eval/own_data.h"
#include "angle/study/study_config.h"

namespace angle {

struct TaskScores {
  std::string file_checksum;                                // of what was scored
  std::vector<double> labels;                               // [pairs]
  std::map<std::string, std::vector<double>> similarities;  // "cosine": [pairs]; empty where it is undefined
  std::map<std::string, double> scores;  // "ndcg@10", of own data, which have neither labels nor similarities
  std::vector<std::string> notes;        // what to know before comparing the score with others
  ScoredItems items = {};                // of own data; none where an older version has scored them
};

/// `scores` and `items` are only written, and looked for, where there are any: what older versions wrote has
/// none.
void to_json(json& out, const TaskScores& task);
void from_json(const json& in, TaskScores& task);

/// By task_id(). Studies that share runs may mean other files by the same name, `retrieval:faq`: where a name
/// is taken, those of other files are by `retrieval:faq@CHECKSUM`.
using RunScores = std::map<std::string, TaskScores>;

/// Adds the scores of a task to what is known of a run, and similarities that are known of the same files to
/// them.
void add_scores(RunScores& scores, const std::string& task, TaskScores found);

/// The scores of a run; none when the file is not there. Error when it is damaged.
RunScores read_run_scores(const std::filesystem::path& file);

void write_run_scores(const std::filesystem::path& file, const RunScores& scores);

/// A task to score on, with its files.
struct TaskFile {
  TaskName task;
  std::filesystem::path file;                // of scored pairs
  std::string checksum;                      // of all files
  std::vector<std::string> metrics;          // of its tables
  std::optional<OwnDataTask> own_data = {};  // where it is one
};

/// The scores on these very files of the tasks, by task_id(); none unless the run has all of them, with their
/// metrics.
RunScores scores_on(const RunScores& scores, std::span<const TaskFile> tasks);

/// Whether a run was scored on these very files of a task, so that it has the metrics.
bool has_score(const RunScores& scores, const std::string& task, const std::string& checksum,
               std::span<const std::string> metrics);

}  // namespace angle
