#include "report/read_predictions.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

bool is_list_of_numbers(const json& list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const json& value) {
           return value.is_number() || value.is_null();
         });
}

/// Labels beside similarities, without those that are no number.
std::vector<Point> points_of(const json& labels, const json& similarities, const fs::path& file) {
  if (!is_list_of_numbers(labels) || !is_list_of_numbers(similarities) ||
      labels.size() != similarities.size())
    fail("{}: expected as many similarities as labels, as angle train and angle study write", file.string());
  std::vector<Point> points;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i].is_number() && similarities[i].is_number())
      points.push_back({labels[i].get<double>(), similarities[i].get<double>()});
  return points;
}

/// The objects of a file by name; none when the file is not there.
json objects_of(const fs::path& file) {
  if (!fs::exists(file)) return json::object();
  json content = read_json(file);
  const bool all = content.is_object() && std::all_of(content.begin(), content.end(), [](const json& value) {
                     return value.is_object() || value.is_string();
                   });
  if (!all) fail("{}: expected an object of objects, as angle train and angle study write", file.string());
  return content;
}

/// @param key  of the similarities of a task, beside its labels
void add(std::vector<RunPredictions>& predictions, const json& task, const char* key, RunPredictions about,
         const fs::path& file) {
  if (!task.is_object() || !task.contains(key)) return;
  about.pairs = points_of(task.value("labels", json()), task.at(key), file);
  if (!about.pairs.empty()) predictions.push_back(std::move(about));
}

}  // namespace

std::vector<RunPredictions> read_predictions(const fs::path& directory) {
  std::vector<RunPredictions> predictions;
  const fs::path trained = directory / "predictions.json", scored = directory / "scores.json";
  const json content = objects_of(trained), scores = objects_of(scored);
  const json tasks = content.value("tasks", json::object());
  const json similarity = content.value("similarity", json());
  for (const auto& [name, task] : tasks.items()) {
    const std::string of = similarity.is_string() ? similarity.get<std::string>() : "similarity";
    add(predictions, task, "before", {name, of, "before training", {}}, trained);
    add(predictions, task, "best", {name, of, "at the best step", {}}, trained);
  }
  for (const auto& [name, task] : scores.items()) {
    const json similarities = task.is_object() ? task.value("similarities", json()) : json();
    if (!similarities.is_object()) continue;
    const json cosine = similarities.value("cosine", json::array());
    if (cosine.empty()) continue;  // it was undefined
    add(predictions, {{"labels", task.value("labels", json())}, {"cosine", cosine}}, "cosine",
        {name, "cosine", "after training", {}}, scored);
  }
  return predictions;
}

}  // namespace angle
