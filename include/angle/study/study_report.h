// The results of a study for people, for documents and for programs.
#pragma once

#include <string>
#include <vector>

#include "angle/study/run_scores.h"
#include "angle/study/study_config.h"
#include "angle/study/study_plan.h"
#include "angle/study/study_results.h"

namespace angle {

/// Results with what they are results of.
struct StudyReport {
  std::string name;     // of the study
  std::string command;  // that makes it
  StudyConfig study;
  StudyPlan plan;
  std::vector<RunScores> scores;  // [runs of the plan], empty for a run that is not finished
  std::vector<TaskResult> results;
  std::vector<std::string> failures;  // of runs that were tried, each with the run's name in front
  std::string left_out = {};          // of the study: `seeds 3, 4`; "" for the whole study

  size_t finished_runs() const;
};

/// Tables of text: scores and differences × 100, `*` beside the p-values that are significant after
/// correction.
std::string format_study(const StudyReport& report);

/// The same as Markdown, with description and command.
std::string format_study_markdown(const StudyReport& report);

/// {"name", "description", "command", "base", "metric": those of the tables, "baseline", "seeds", "runs",
///  "finished_runs", "failures": texts, "bootstrap": {"resamples", "seed"},
///  "left_out": text,
///  "rows": [{"name", "config": without the seed, "inputs": checksums, "runs": [key of each seed]}],
///  "tasks": [{"task", "metric", "pairs", "file_checksum", "notes", "before_training": ROW, "rows": [ROW,
///  …]}]}: what is undefined is null.
///
/// ROW: {"name", "seeds", "scores", "mean", "deviation", "difference": {"mean", "deviation", "interval":
/// [low, high], "by_seeds": {"p_value", "adjusted", "significant"}, "by_pairs": …}}.
json study_json(const StudyReport& report);

}  // namespace angle
