// Scores that others have published for models by name, and how far ours are from them (`angle eval
// --verify`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/evaluate.h"

namespace angle {

struct PublishedScore {
  std::string task;
  int64_t pairs;  // of its test split
  Statistic statistic;
  double score;  // of the cosine, × 100
};

struct PublishedModel {
  std::string name;  // of its directory
  std::string source;
  std::vector<PublishedScore> scores;
};

const std::vector<PublishedModel>& published_models();

/// Error `--verify NAME: no published scores are known …` with the nearest name.
const PublishedModel& find_published(std::string_view name);

/// A score of ours beside the published one, both × 100.
struct VerifiedScore {
  std::string task;
  Metric metric;
  double score;
  double published;

  double difference() const { return score - published; }
};

struct Verification {
  const PublishedModel* model;
  double tolerance;  // the largest difference that passes, in points
  std::vector<VerifiedScore> scores;
  std::vector<std::string> not_compared;  // why, for each file that could not be

  /// How many differ by more than the tolerance.
  int64_t failures() const;
};

/// Compares what a report has of the published test splits, file by file; a file with another number of pairs
/// is not the one that was scored. Error when nothing can be compared.
Verification verify(const EvaluationReport& report, const PublishedModel& model, double tolerance);

/// A table of both scores and their difference. Ends with a line end.
std::string format_verification(const Verification& verification);

/// {"model", "source", "tolerance", "passed", "scores": [{"task", "metric", "score", "published",
/// "difference"}], "not_compared"}
nlohmann::json verification_json(const Verification& verification);

}  // namespace angle
