// predictions.json of a run: what the model took for the similarity of the validation's pairs, before
// training and when it was best, beside their labels. `angle report` draws it.
//
//     {"similarity": "cosine",
//      "tasks": {"stsb/validation": {"labels": [5.0, …], "before": [0.91, …], "best": [0.97, …]}}}
//
// Of more than 5,000 pairs it has every second, third, …; it has no texts.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace angle {

/// A model's similarities of the pairs of a task.
struct TaskPredictions {
  std::string task;                  // `stsb/validation`; of a file its name
  std::vector<double> labels;        // [pairs]
  std::vector<double> similarities;  // [pairs]
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TaskPredictions, task, labels, similarities)

/// Adds what was predicted to the file, or replaces what it has of that moment. What is there of other
/// moments stays if it is of the same similarity.
///
/// @param moment      `before` or `best`
/// @param similarity  that was computed: `cosine`
void write_predictions(const std::filesystem::path& file, const std::string& moment,
                       const std::string& similarity, std::span<const TaskPredictions> tasks);

}  // namespace angle
