#include "angle/eval/evaluate.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "angle/error.h"
#include "angle/eval/contamination.h"
#include "angle/eval/mean.h"

namespace angle {
namespace {

/// An evaluation before it is scored.
Evaluation planned(const TaskSpec& task, const std::string& split, const EvaluateOptions& options) {
  Evaluation evaluation;
  evaluation.task = &task;
  evaluation.split = split.empty() ? task.default_split() : split;
  evaluation.file = task_file(options.data_dir, task, evaluation.split);
  return evaluation;
}

/// Adds a split and, where the model has seen pairs of it, the clean part of it.
void plan_task(EvaluationReport& report, Evaluation evaluation, const std::vector<SeenSplit>& seen,
               const EvaluateOptions& options) {
  const TaskSpec& task = *evaluation.task;
  evaluation.notes = seen_notes(options.train_config, task, evaluation.split, options.data_dir);
  const std::string clean = clean_split(seen, task, evaluation.split);
  if (clean.empty()) {
    report.evaluations.push_back(std::move(evaluation));
    return;
  }

  Evaluation beside = planned(task, clean, options);
  beside.beside = true;
  beside.notes = contamination_notes(seen, task, clean);
  const bool is_there = std::filesystem::exists(beside.file);
  evaluation.notes.push_back(is_there
                                 ? "so " + clean + " is scored too"
                                 : beside.file.string() + " is not there, so only the whole split is scored");
  report.evaluations.push_back(std::move(evaluation));
  if (is_there) report.evaluations.push_back(std::move(beside));
}

/// The evaluations to do, not yet scored, and the missing tasks.
EvaluationReport plan(TaskSelection selection, const EvaluateOptions& options) {
  if (!selection.own_tasks.empty() && !options.split.empty())
    fail("--split {}: {} is a file, which has no splits", options.split, selection.own_tasks[0]->name);
  EvaluationReport report;
  report.angle = options.angle;
  report.bootstrap = options.bootstrap;
  report.own_tasks = std::move(selection.own_tasks);
  const auto seen = seen_splits(options.train_config);
  std::string problems;
  for (const auto& [task, by_name] : selection.tasks) {
    Evaluation evaluation = planned(*task, options.split, options);
    if (std::filesystem::exists(evaluation.file)) {
      plan_task(report, std::move(evaluation), seen, options);
      continue;
    }
    report.missing.push_back({task, missing_file_message(evaluation.file, *task)});
    if (by_name) problems += (problems.empty() ? "" : "\n") + report.missing.back().why;
  }
  if (!problems.empty()) fail("{}", problems);
  if (report.evaluations.empty())
    fail("{}: none of these tasks has data there; `scripts/fetch_data.sh all` fetches them{}",
         options.data_dir.string(), where_to_fetch(options.data_dir));
  return report;
}

/// The mean of one statistic; empty when it is undefined for one of the evaluations.
std::optional<double> mean(const std::vector<const Evaluation*>& evaluations, const Metric& metric) {
  std::vector<std::optional<double>> values;
  for (const Evaluation* evaluation : evaluations) values.push_back(evaluation->scores.value(metric));
  return mean_of_all(values);
}

Correlation average(const std::vector<const Evaluation*>& evaluations, Similarity similarity) {
  Correlation result;
  result.pearson = mean(evaluations, {similarity, Statistic::pearson});
  result.spearman = mean(evaluations, {similarity, Statistic::spearman});
  if (!result.pearson || !result.spearman) result.why_undefined = "it is undefined for one of the tasks";
  return result;
}

/// The mean of one statistic over the same resample of each evaluation; empty when one has none.
std::vector<double> mean_of_resamples(const std::vector<const Evaluation*>& evaluations,
                                      const Metric& metric) {
  std::vector<std::span<const double>> lists;
  for (const Evaluation* evaluation : evaluations)
    lists.emplace_back(resampled_values(evaluation->resampled, metric));
  return mean_of_lists(lists);
}

GroupAverage average(const TaskGroup& group, const std::vector<Evaluation>& evaluations) {
  GroupAverage result{
      .group = &group, .scored = {}, .missing = {}, .correlations = {}, .resampled = {}, .noted = false};
  std::vector<const Evaluation*> members;
  for (const std::string& task : group.tasks) {
    const auto found = std::find_if(
        evaluations.begin(), evaluations.end(),
        [&](const Evaluation& evaluation) { return evaluation.task->name == task && !evaluation.beside; });
    if (found == evaluations.end()) {
      result.missing.push_back(task);
      continue;
    }
    result.scored.push_back(task);
    result.noted |= !found->notes.empty();
    members.push_back(&*found);
  }
  if (members.empty()) return result;
  for (const Similarity similarity : kSimilarities) {
    result.correlations[static_cast<size_t>(similarity)] = average(members, similarity);
    if (members.front()->resampled.empty()) continue;  // no bootstrap was asked for
    result.resampled.push_back({mean_of_resamples(members, {similarity, Statistic::pearson}),
                                mean_of_resamples(members, {similarity, Statistic::spearman})});
  }
  return result;
}

ResampledScores resample(const StsScores& scores, std::span<const ScoredPair> pairs,
                         const BootstrapOptions& options) {
  if (options.resamples == 0) return {};
  return resample_correlations(scores.similarities, labels_of(pairs), options);
}

/// Reads the pairs of an evaluation and scores them, by the model and by the baselines.
///
/// @param progress_of  what hears of the model's texts (false), or of the untrained encoder's (true)
void score_evaluation(Evaluation& evaluation, const PairScorer& score, const EvaluateOptions& options,
                      const std::function<TextProgress(bool untrained)>& progress_of) {
  const std::vector<ScoredPair> pairs = read_task_pairs(
      *evaluation.task, evaluation.file, {.columns = options.columns, .invalid_utf8 = options.invalid_utf8});
  const auto remark = split_remark(*evaluation.task, evaluation.split, static_cast<int64_t>(pairs.size()));
  if (!remark.empty()) evaluation.notes.push_back(remark);
  evaluation.scores = score(pairs, progress_of(/*untrained=*/false));
  evaluation.resampled = resample(evaluation.scores, pairs, options.bootstrap);
  evaluation.baselines = score_baselines(pairs, options.bootstrap);
  if (options.untrained)
    evaluation.baselines.push_back(untrained_baseline(
        options.untrained(pairs, progress_of(/*untrained=*/true)), pairs, options.bootstrap));
}

}  // namespace

std::span<const double> resampled_values(const ResampledScores& resampled, const Metric& metric) {
  if (resampled.empty()) return {};
  return resampled[static_cast<size_t>(metric.similarity)].of(metric.statistic);
}

std::vector<ScoredPair> read_task_pairs(const TaskSpec& task, const std::filesystem::path& file,
                                        ReadOptions reading) {
  const bool binary = task.labels == LabelKind::binary;
  if (task.labels != LabelKind::any) {
    reading.columns = {};
    reading.label_scale = {0, binary ? 1.0 : 5.0};
  }
  std::vector<ScoredPair> pairs = read_scored_pairs(file, reading).examples;
  for (const ScoredPair& pair : pairs) {
    if (binary && pair.label != 0 && pair.label != 1)
      fail("{}:{}: label {}: expected 0 or 1 for {}", file.string(), pair.line, pair.label, task.title);
  }
  return pairs;
}

EvaluationReport evaluate_tasks(const PairScorer& score, const EvaluateOptions& options) {
  TaskSelection selection = select_tasks(options.tasks);
  const std::vector<const TaskGroup*> groups = selection.groups;
  EvaluationReport report = plan(std::move(selection), options);
  const auto evaluations = static_cast<int64_t>(report.evaluations.size());
  int64_t number = 0;
  for (Evaluation& evaluation : report.evaluations) {
    ++number;
    const auto progress_of = [&](bool untrained) -> TextProgress {
      return [&, untrained](int64_t done, int64_t texts) {
        if (options.progress)
          options.progress({*evaluation.task, evaluation.split, number, evaluations, untrained, done, texts});
      };
    };
    score_evaluation(evaluation, score, options, progress_of);
  }
  for (const TaskGroup* group : groups) {
    GroupAverage result = average(*group, report.evaluations);
    if (!result.scored.empty()) report.averages.push_back(std::move(result));
  }
  return report;
}

}  // namespace angle
