// What `angle eval` takes from a model: its scores on all tasks that are asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "angle/eval/evaluate.h"
#include "angle/eval/own_data.h"
#include "angle/eval/report.h"

#include "cli/eval_request.h"

namespace angle::cli {

/// What a model scored.
struct EvaluationScores {
  EvaluationReport report;
  std::vector<OwnDataResult> own_data;
};

/// A model and what it scored.
struct ScoredModel {
  ReportedModel model;
  EvaluationScores scores;
  std::optional<EvaluationScores> in_windows;  // where both were asked for and there are long texts
};

/// Loads the model and scores it, and shows how far that is.
///
/// @param name  of the model or its directory; empty: the one that commands take by default
ScoredModel evaluate_model(const std::string& name, RequestedTasks tasks, const EvalOptions& options);

}  // namespace angle::cli
