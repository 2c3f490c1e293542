// An evaluation's report with nothing but scores.
#pragma once

#include <utility>
#include <vector>

#include "angle/eval/report.h"

namespace angle::testing {

inline EvaluationReport report_of(std::vector<Evaluation> evaluations) {
  EvaluationReport report;
  report.evaluations = std::move(evaluations);
  return report;
}

}  // namespace angle::testing
