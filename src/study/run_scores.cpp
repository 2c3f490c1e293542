#include "angle/study/run_scores.h"

#include <algorithm>
#include <utility>

#include "angle/error.h"
#include "angle/io/file.h"

namespace angle {
namespace {

/// There are as many values of each kind, and as many labels where there are any.
bool is_consistent(const ScoredItems& items) {
  if (items.values.empty()) return true;
  const size_t number = items.values.begin()->second.size();
  return (items.labels.empty() || items.labels.size() == number) &&
         std::all_of(items.values.begin(), items.values.end(),
                     [&](const auto& entry) { return entry.second.size() == number; });
}

/// Every similarity has a number for each label, or none at all.
bool is_consistent(const TaskScores& task) {
  return is_consistent(task.items) &&
         std::all_of(task.similarities.begin(), task.similarities.end(), [&](const auto& entry) {
           return entry.second.empty() || entry.second.size() == task.labels.size();
         });
}

/// Correlations are made of similarities when they are needed. Of own data all scores were taken at once.
bool can_tell(const TaskScores& task, const std::string& metric) {
  const auto correlation = find_metric(metric);
  return correlation ? task.similarities.contains(to_string(correlation->similarity)) : !task.scores.empty();
}

/// Where the scores on these files are, or belong.
std::string scores_key(const RunScores& scores, const std::string& task, const std::string& checksum) {
  const auto named = scores.find(task);
  const bool is_taken = named != scores.end() && named->second.file_checksum != checksum;
  return is_taken ? task + "@" + checksum : task;
}

}  // namespace

void to_json(json& out, const TaskScores& task) {
  out = {{"file_checksum", task.file_checksum},
         {"labels", task.labels},
         {"similarities", task.similarities},
         {"notes", task.notes}};
  if (!task.scores.empty()) out["scores"] = task.scores;
  if (!task.items.values.empty()) out["items"] = task.items;
}

void from_json(const json& in, TaskScores& task) {
  in.at("file_checksum").get_to(task.file_checksum);
  in.at("labels").get_to(task.labels);
  in.at("similarities").get_to(task.similarities);
  in.at("notes").get_to(task.notes);
  if (in.contains("scores")) in.at("scores").get_to(task.scores);
  if (in.contains("items")) in.at("items").get_to(task.items);
}

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

void add_scores(RunScores& scores, const std::string& task, TaskScores found) {
  TaskScores& known = scores[scores_key(scores, task, found.file_checksum)];
  found.similarities.merge(known.similarities);
  known = std::move(found);
}

RunScores scores_on(const RunScores& scores, std::span<const TaskFile> tasks) {
  RunScores result;
  for (const TaskFile& task : tasks) {
    const std::string id = task_id(task.task);
    if (!has_score(scores, id, task.checksum, task.metrics)) return {};
    result[id] = scores.at(scores_key(scores, id, task.checksum));
  }
  return result;
}

bool has_score(const RunScores& scores, const std::string& task, const std::string& checksum,
               std::span<const std::string> metrics) {
  const auto found = scores.find(scores_key(scores, task, checksum));
  return found != scores.end() && std::all_of(metrics.begin(), metrics.end(), [&](const std::string& metric) {
           return can_tell(found->second, metric);
         });
}

}  // namespace angle
