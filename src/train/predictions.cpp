#include "angle/train/predictions.h"

#include <cmath>

#include "angle/io/file.h"
#include "angle/io/json.h"

namespace angle {
namespace {

/// With four decimals, which is more than a chart shows; every n-th where there are many.
json thinned(const std::vector<double>& values) {
  constexpr size_t kMost = 5000;
  const size_t every = (values.size() + kMost - 1) / kMost;
  json list = json::array();
  for (size_t i = 0; i < values.size(); i += every) list.push_back(std::round(values[i] * 1e4) / 1e4);
  return list;
}

/// The file as it is; empty when there is none of this similarity.
json predictions_so_far(const std::filesystem::path& file, const std::string& similarity) {
  json empty = {{"similarity", similarity}, {"tasks", json::object()}};
  if (!std::filesystem::exists(file)) return empty;
  // One that is damaged is made anew: it is for the report alone, and no reason to end a run.
  const json content = json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  return content.is_object() && content.value("similarity", json()) == json(similarity) &&
                 content.value("tasks", json()).is_object()
             ? content
             : empty;
}

}  // namespace

void write_predictions(const std::filesystem::path& file, const std::string& moment,
                       const std::string& similarity, std::span<const TaskPredictions> tasks) {
  if (tasks.empty()) return;
  json content = predictions_so_far(file, similarity);
  for (const TaskPredictions& task : tasks) {
    json& entry = content["tasks"][task.task];
    entry["labels"] = thinned(task.labels);
    entry[moment] = thinned(task.similarities);
  }
  write_file(file, content.dump() + "\n");
}

}  // namespace angle
