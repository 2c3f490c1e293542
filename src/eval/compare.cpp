#include "angle/eval/compare.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/eval/task_name.h"
#include "angle/or_null.h"

#include "eval/paired_difference.h"
#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;

/// The scores of one file or average of two models.
struct Scored {
  std::string task;
  std::string split;
  const Correlations& correlations;
  const Correlations& other;
  const ResampledScores& resampled;
  const ResampledScores& other_resampled;
};

void add_differences(std::vector<ScoreDifference>& differences, const Scored& scored,
                     std::span<const Metric> metrics) {
  for (const Metric& metric : metrics) {
    const auto similarity = static_cast<size_t>(metric.similarity);
    const auto score = scored.correlations[similarity].value(metric.statistic);
    const auto other = scored.other[similarity].value(metric.statistic);
    if (!score || !other) continue;
    const auto resampled = subtract(resampled_values(scored.resampled, metric),
                                    resampled_values(scored.other_resampled, metric));
    differences.push_back({.task = scored.task,
                           .split = scored.split,
                           .metric = to_string(metric),
                           .score = *score,
                           .other = *other,
                           .interval = confidence_interval(resampled),
                           .p_value = difference_p_value(resampled)});
  }
}

void add_differences(std::vector<ScoreDifference>& differences, const OwnDataResult& result,
                     const OwnDataResult& other, std::span<const Metric> metrics) {
  for (const NamedScore& score : result.scores) {
    if (score.is_threshold || score.is_baseline || !is_of(score, metrics)) continue;
    const auto same = std::find_if(other.scores.begin(), other.scores.end(),
                                   [&](const NamedScore& candidate) { return candidate.name == score.name; });
    if (same == other.scores.end()) continue;
    const auto resampled = subtract(score.resampled, same->resampled);
    differences.push_back({.task = result.task.name,
                           .split = result.task.split,
                           .metric = score.name,
                           .score = score.value,
                           .other = same->value,
                           .interval = confidence_interval(resampled),
                           .p_value = difference_p_value(resampled)});
  }
}

Cells row(const ScoreDifference& difference) {
  Cells cells = {difference.task, difference.split, difference.metric,
                 fmt::format("{:.2f}", 100.0 * difference.score),
                 fmt::format("{:.2f}", 100.0 * difference.other)};
  for (std::string& cell : difference_cells(difference.difference(), difference.interval, difference.p_value))
    cells.push_back(std::move(cell));
  return cells;
}

/// Files of one's own have no splits.
std::string difference_table(std::span<const ScoreDifference> differences) {
  std::vector<Cells> rows{{"task", "split", "metric", "model", "other", "difference", "95 % interval", "p"}};
  for (const ScoreDifference& difference : differences) rows.push_back(row(difference));
  const bool no_splits = remove_empty_column(rows, 1);
  return format_table(rows, no_splits ? 2 : 3);
}

/// Notes on the other model's scores, a line each.
std::string notes_of(const EvaluationReport& other, std::span<const OwnDataResult> own_data) {
  std::string text;
  for (const Evaluation& evaluation : other.evaluations) {
    const std::string id = task_id({evaluation.task->name, evaluation.split});
    for (const std::string& note : evaluation.notes) text += fmt::format("* other: {}: {}\n", id, note);
  }
  for (const OwnDataResult& result : own_data)
    text += fmt::format("other: {}: {}\n", result.task.name, result.about);
  return text;
}

}  // namespace

std::vector<ScoreDifference> compare(const EvaluationReport& report, const EvaluationReport& other,
                                     std::span<const Metric> metrics) {
  std::vector<ScoreDifference> differences;
  for (const Evaluation& ours : report.evaluations) {
    const auto theirs =
        std::find_if(other.evaluations.begin(), other.evaluations.end(), [&](const Evaluation& evaluation) {
          return evaluation.file == ours.file && evaluation.scores.pairs == ours.scores.pairs;
        });
    if (theirs == other.evaluations.end()) continue;
    add_differences(differences,
                    {ours.task->name, ours.split, ours.scores.correlations, theirs->scores.correlations,
                     ours.resampled, theirs->resampled},
                    metrics);
  }
  for (const GroupAverage& ours : report.averages) {
    const auto theirs =
        std::find_if(other.averages.begin(), other.averages.end(), [&](const GroupAverage& average) {
          return average.group == ours.group && average.scored == ours.scored;
        });
    if (theirs == other.averages.end()) continue;
    add_differences(differences,
                    {"average " + ours.group->name, "", ours.correlations, theirs->correlations,
                     ours.resampled, theirs->resampled},
                    metrics);
  }
  return differences;
}

std::vector<ScoreDifference> compare_own_data(std::span<const OwnDataResult> results,
                                              std::span<const OwnDataResult> others,
                                              std::span<const Metric> metrics) {
  std::vector<ScoreDifference> differences;
  for (size_t task = 0; task < std::min(results.size(), others.size()); ++task)
    add_differences(differences, results[task], others[task], metrics);
  return differences;
}

std::string format_comparison(std::span<const ScoreDifference> differences, const EvaluationReport& other,
                              std::span<const OwnDataResult> other_own_data,
                              const ReportedModel& other_model) {
  std::string text = fmt::format("\n{}\n", format_model(other_model, "other"));
  if (differences.empty())
    return text + "no difference: no score is defined for both\n" + notes_of(other, other_own_data);
  text += difference_table(differences);
  text += fmt::format(
      "\ndifference: model - other, x 100; interval and p (two-sided, of no difference): {} resamples, the "
      "same for both models\n",
      other.bootstrap.resamples);
  return text + notes_of(other, other_own_data);
}

json comparison_json(std::span<const ScoreDifference> differences, const EvaluationReport& other,
                     const ReportedModel& other_model) {
  json result = report_json(other, other_model);
  result["differences"] = json::array();
  for (const ScoreDifference& difference : differences) {
    result["differences"].push_back({{"task", difference.task},
                                     {"split", difference.split.empty() ? json() : json(difference.split)},
                                     {"metric", difference.metric},
                                     {"score", difference.score},
                                     {"other", difference.other},
                                     {"difference", difference.difference()},
                                     {"interval", interval_json(difference.interval)},
                                     {"p_value", or_null(difference.p_value)}});
  }
  return result;
}

}  // namespace angle
