// What a study has found: scores over seeds, differences to the baseline, and which of them are more than
// chance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "angle/eval/bootstrap.h"
#include "angle/study/run_scores.h"
#include "angle/study/study_config.h"
#include "angle/study/study_plan.h"

namespace angle {

/// The p-value of a test, as it is and corrected for the number of rows that are compared (Holm).
struct TestResult {
  double p_value = 1.0;
  double adjusted = 1.0;

  bool is_significant() const { return adjusted <= 0.05; }
};

/// A row minus the baseline, over the seeds that both have. The two tests ask different things: whether other
/// seeds would show the difference on these pairs, and whether other pairs (on own data pairs, queries or
/// texts) would show it with these seeds.
struct RowDifference {
  double mean = 0.0;
  std::optional<double> deviation;     // over seeds; empty for a single one
  std::optional<Interval> interval;    // of 95 %, by the bootstrap over pairs; empty as by_pairs
  std::optional<TestResult> by_seeds;  // paired t-test; empty for a single seed
  std::optional<TestResult> by_pairs;  // paired bootstrap of the mean over seeds; empty with too few pairs
};

struct RowResult {
  std::string name;
  std::vector<int64_t> seeds;               // that have a score
  std::vector<double> scores;               // [seeds], in [-1, 1]
  std::optional<RowDifference> difference;  // empty for the baseline, and without a common seed
};

struct TaskResult {
  std::string task;           // `stsb/test`, `average`, or `average (validation)`
  std::string metric;         // `cosine_spearman`, `ndcg@10`
  int64_t pairs = 0;          // 0 for the average, and on own data that are no pairs
  std::string file_checksum;  // of the task's files
  std::vector<RowResult> rows;
  std::vector<std::string> notes;  // what to know before comparing these scores with others

  // The model before training: one score without a seed, its difference without tests. That training changes
  // a model is no question, and Holm's correction is for those of the rows.
  std::optional<RowResult> before_training = {};
};

/// A table for each task and metric, and one of the average for a metric that several tasks have. Tasks that
/// models are chosen by (those that a run validates on, and splits for that, such as `stsb/validation` or
/// `retrieval:faq/qrels/dev.tsv`) say too much of what they have chosen: they are not averaged with those
/// that tell, `stsb/test`, but among themselves. What is not finished is left out. Error when the labels of a
/// task are not the same in all runs.
///
/// @param scores     [runs of the plan], empty for a run that is not finished
/// @param untrained  of the model that the baseline starts from; empty: the tables are without it
std::vector<TaskResult> study_results(const StudyConfig& study, const StudyPlan& plan,
                                      const std::vector<RunScores>& scores, const RunScores& untrained = {});

}  // namespace angle
