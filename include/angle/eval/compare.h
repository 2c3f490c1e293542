// Two models on the same data: is the difference more than chance? (`angle eval --compare`)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/evaluate.h"
#include "angle/eval/own_data.h"
#include "angle/eval/report.h"

namespace angle {

/// One number of two models.
struct ScoreDifference {
  std::string task;                  // or `average sts`
  std::string split;                 // empty for an average, and for own data but retrieval
  std::string metric;                // `cosine_spearman`; of own data `cosine_f1` …
  double score = 0.0;                // in [-1, 1]
  double other = 0.0;                // in [-1, 1]
  std::optional<Interval> interval;  // of 95 %, of score − other
  std::optional<double> p_value;     // two-sided, of "no difference"

  double difference() const { return score - other; }
};

/// Paired differences for what both reports have: resample i of a file holds the same pairs for both models,
/// so that what makes a resample hard for both cancels. What is undefined for one of them is left out.
std::vector<ScoreDifference> compare(const EvaluationReport& report, const EvaluationReport& other,
                                     std::span<const Metric> metrics);

/// The same for tasks on own data: of all scores that both have, but for thresholds and baselines.
///
/// @param others   of the same tasks
/// @param metrics  of scores of a similarity, those that these name
std::vector<ScoreDifference> compare_own_data(std::span<const OwnDataResult> results,
                                              std::span<const OwnDataResult> others,
                                              std::span<const Metric> metrics);

/// A table of differences × 100, and the other model's notes and what is to say of it on own data. Ends with
/// a line end.
std::string format_comparison(std::span<const ScoreDifference> differences, const EvaluationReport& other,
                              std::span<const OwnDataResult> other_own_data,
                              const ReportedModel& other_model);

/// {"model", "pipeline", "differences": [{"task", "split", "metric", "score", "other", "difference",
/// "interval": [low, high], "p_value"}], "evaluations", "averages"}: what is undefined is null.
nlohmann::json comparison_json(std::span<const ScoreDifference> differences, const EvaluationReport& other,
                               const ReportedModel& other_model);

}  // namespace angle
