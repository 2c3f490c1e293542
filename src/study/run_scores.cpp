#include "angle/study/run_scores.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/io/file.h"

namespace angle {
namespace {

/// Every similarity has a number for each label, or none at all.
bool is_consistent(const TaskScores& task) {
  return std::all_of(task.similarities.begin(), task.similarities.end(), [&](const auto& entry) {
    return entry.second.empty() || entry.second.size() == task.labels.size();
  });
}

}  // namespace

RunScores read_run_scores(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  const json content = read_json(file);
  try {
    auto scores = content.get<RunScores>();
    if (std::all_of(scores.begin(), scores.end(),
                    [](const auto& entry) { return is_consistent(entry.second); }))
      return scores;
  } catch (const json::exception&) {  // told below
  }
  fail("{}: not the scores of a run, as angle study writes them; remove the file to have the run done again",
       file.string());
}

void write_run_scores(const std::filesystem::path& file, const RunScores& scores) {
  write_file(file, json(scores).dump() + "\n");
}

bool has_scores(const RunScores& scores, std::span<const TaskFile> tasks, Similarity similarity) {
  return std::all_of(tasks.begin(), tasks.end(), [&](const TaskFile& task) {
    const auto found = scores.find(task_id(task.task));
    return found != scores.end() && found->second.file_checksum == task.checksum &&
           found->second.similarities.contains(to_string(similarity));
  });
}

}  // namespace angle
