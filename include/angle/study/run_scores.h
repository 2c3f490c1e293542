// What stays of a finished run of a study: for each task the labels and similarities of all pairs, which is
// what scores and tests are made of. The file has no texts.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "angle/eval/metric.h"
#include "angle/study/study_config.h"

namespace angle {

struct TaskScores {
  std::string file_checksum;                                // of the pairs that were scored
  std::vector<double> labels;                               // [pairs]
  std::map<std::string, std::vector<double>> similarities;  // "cosine": [pairs]; empty where it is undefined
  std::vector<std::string> notes;  // what to know before comparing the score with others
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskScores, file_checksum, labels, similarities, notes)

/// By task_id().
using RunScores = std::map<std::string, TaskScores>;

/// The scores of a run; none when the file is not there. Error when it is damaged.
RunScores read_run_scores(const std::filesystem::path& file);

void write_run_scores(const std::filesystem::path& file, const RunScores& scores);

/// A task to score on, with its file.
struct TaskFile {
  TaskName task;
  std::filesystem::path file;
  std::string checksum;  // of the file
};

/// Whether a run was scored on these very files by this similarity.
bool has_scores(const RunScores& scores, std::span<const TaskFile> tasks, Similarity similarity);

}  // namespace angle
