// The results of `angle eval`: a table for people, JSON with all digits for programs.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "angle/eval/evaluate.h"
#include "angle/eval/metric.h"

namespace angle {

/// The model of a report.
struct ReportedModel {
  std::string name;         // as it was asked for
  std::string pipeline;     // Model::describe(): encoder, pooling, normalisation, most tokens
  std::string prompt = {};  // the model's default, before every text
};

/// Two lines about the model, or three where it has a prompt.
///
/// @param role  what the model is called
std::string format_model(const ReportedModel& model, const std::string& role = "model");

/// A table of correlations × 100 with two decimals and their intervals, a row for each split and average, and
/// under it for each split the protocol, the texts cut, the swap asymmetry, baselines, notes, and reasons for
/// `n/a`; then the table of each group. Ends with a line end.
///
/// @param metrics  the columns, those of one similarity side by side
std::string format_report(const EvaluationReport& report, const ReportedModel& model,
                          std::span<const Metric> metrics);

/// Everything that was computed, whatever the columns of the table; what is undefined is null with its
/// reason.
///
///     {"model", "pipeline", "angle_similarity", "bootstrap": {"method", "confidence", "resamples", "seed"},
///      "evaluations": [{"task", "split", "file", "protocol", "published", "pairs", "texts", "cut_texts",
///                       "texts_in_windows", "zero_vectors", "swap_asymmetry", "scores": {"cosine": SCORES,
///                       …}, "baselines": {"word_overlap": {"pearson", "pearson_interval", …}, …}, "notes":
///                       […]}],
///      "averages": [{"group", "complete", "tasks", "missing", "published", "scores", "table": [ROW, …]}],
///      "missing": [{"task", "reason"}]}
///
/// SCORES: {"pearson", "pearson_interval": [low, high], "spearman", "spearman_interval"} and, where they are
/// null, "undefined" or "no_interval" with the reason. ROW: see group_table_json().
nlohmann::json report_json(const EvaluationReport& report, const ReportedModel& model);

}  // namespace angle
