#include "angle/study/study_results.h"

#include <algorithm>
#include <span>

#include "angle/cpu_features.h"
#include "angle/error.h"
#include "angle/eval/correlation.h"
#include "angle/eval/mean.h"
#include "angle/eval/metric.h"
#include "angle/eval/own_data_resamples.h"
#include "angle/eval/significance.h"
#include "angle/eval/tasks.h"

#include "eval/paired_difference.h"

namespace angle {
namespace {

using Values = std::vector<double>;

/// The runs of a study on one task by one metric, and the model before training as the last of them.
struct ScoredRuns {
  std::string task;
  std::string metric;
  bool chooses = false;  // models are chosen by it
  int64_t pairs = 0;
  std::string file_checksum = {};
  std::vector<std::optional<double>> scores = {};  // [runs]
  std::vector<Values> resampled = {};              // [runs][resamples]; of a run empty if nothing was kept
  std::vector<std::string> notes = {};
};

void add_note(std::vector<std::string>& notes, const std::string& note) {
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
}

std::optional<double> score_of(const Values& similarities, const Values& labels, Statistic statistic) {
  return statistic == Statistic::pearson ? pearson(similarities, labels) : spearman(similarities, labels);
}

/// Scores of all runs on one task of pairs, and all of them on the same resamples of its pairs.
ScoredRuns correlate_runs(const std::string& task, const Metric& metric, const BootstrapOptions& options,
                          const std::vector<RunScores>& scores) {
  ScoredRuns result{.task = task, .metric = to_string(metric)};
  std::vector<Values> similarities;
  const Values* labels = nullptr;
  for (const RunScores& run : scores) {
    result.scores.emplace_back();
    similarities.emplace_back();
    const auto found = run.find(task);
    if (found == run.end()) continue;
    if (labels == nullptr) labels = &found->second.labels;
    result.file_checksum = found->second.file_checksum;
    if (*labels != found->second.labels)
      fail("{}: not all runs were scored on the same pairs; remove the runs' scores.json", task);
    for (const std::string& note : found->second.notes) add_note(result.notes, note);
    similarities.back() = found->second.similarities.at(to_string(metric.similarity));
    if (similarities.back().empty()) {
      add_note(result.notes, "a run is left out: its similarity is undefined or no number for some pair");
      continue;
    }
    result.scores.back() = score_of(similarities.back(), *labels, metric.statistic);
    if (!result.scores.back())
      add_note(result.notes, "a run is left out: " + why_undefined(similarities.back(), *labels));
  }
  if (labels == nullptr) return result;
  result.pairs = static_cast<int64_t>(labels->size());
  for (const auto& resampled : resample_correlations(similarities, *labels, options))
    result.resampled.push_back(resampled.of(metric.statistic));
  return result;
}

/// What the runs kept of the items of a task, of the first of them that kept any; null where none did. Error
/// when another run has other items: resamples of these would not be the same.
const ScoredItems* items_of_runs(const std::string& task, const std::vector<RunScores>& scores) {
  const ScoredItems* first = nullptr;
  for (const RunScores& run : scores) {
    const auto found = run.find(task);
    if (found == run.end() || found->second.items.values.empty()) continue;
    const ScoredItems& items = found->second.items;
    if (first == nullptr) first = &items;
    if (items.labels != first->labels ||
        items.values.begin()->second.size() != first->values.begin()->second.size())
      fail("{}: not all runs were scored on the same items; remove the runs' scores.json", task);
  }
  return first;
}

/// Scores of all runs on a task on own data, and all of them on the same resamples of its items.
ScoredRuns take_scores(const OwnDataTask& task, const std::string& metric, const BootstrapOptions& options,
                       const std::vector<RunScores>& scores) {
  ScoredRuns result{.task = task.name, .metric = metric};
  const ScoredItems* const items = items_of_runs(task.name, scores);
  if (items != nullptr && task.kind == OwnDataKind::pairs)
    result.pairs = static_cast<int64_t>(items->labels.size());
  for (const RunScores& run : scores) {
    result.scores.emplace_back();
    result.resampled.emplace_back();
    const auto found = run.find(task.name);
    if (found == run.end()) continue;
    result.file_checksum = found->second.file_checksum;
    for (const std::string& note : found->second.notes) add_note(result.notes, note);
    const auto score = found->second.scores.find(metric);
    if (score == found->second.scores.end()) {
      add_note(result.notes, "a run is left out: its model has no " + metric);
      continue;
    }
    result.scores.back() = score->second;
    result.resampled.back() = resample_own_data(task.kind, metric, found->second.items, options);
  }
  return result;
}

/// Whether a task is there to choose models by: `stsb/validation`, `retrieval:faq/qrels/dev.tsv`. QQP and
/// QNLI are reported on their validation split, which so tells.
bool is_for_choosing(const TaskName& task) {
  const auto own = parse_own_data_task(task.task);
  const std::string& split = own ? own->split : task.split;
  if (split != "validation" && split != "dev" && split != "train") return false;
  return own || split != find_task(task.task).default_split();
}

/// Whether two names are of the same data: `retrieval:faq` is `retrieval:faq/qrels/test.tsv`.
bool are_same(const TaskName& task, const TaskName& other) {
  const auto own = parse_own_data_task(task.task), other_own = parse_own_data_task(other.task);
  if (!own || !other_own) return task == other;
  return own->kind == other_own->kind && own->split == other_own->split &&
         own->path.lexically_normal() == other_own->path.lexically_normal();
}

/// Whether models are chosen by a task: it is there for that, or a run validates on it.
bool chooses(const TaskName& task, const StudyPlan& plan) {
  return is_for_choosing(task) || std::any_of(plan.runs.begin(), plan.runs.end(), [&](const StudyRun& run) {
           const EvaluationConfig& judge = run.config.evaluation;
           const std::vector<TaskName> validated = parse_task_names(judge.task, judge.split);
           return std::any_of(validated.begin(), validated.end(),
                              [&](const TaskName& other) { return are_same(task, other); });
         });
}

/// Every task by each of its metrics.
std::vector<ScoredRuns> score_runs(const StudyConfig& study, const StudyPlan& plan,
                                   const std::vector<RunScores>& scores) {
  const BootstrapOptions bootstrap{
      .resamples = study.resamples,
      .threads = study.threads > 0 ? static_cast<int>(study.threads) : count_usable_cpus()};
  std::vector<ScoredRuns> scored;
  for (const TaskName& task : scored_tasks(study)) {
    for (const std::string& name : scored_metrics(study, task)) {
      const auto correlation = find_metric(name);
      scored.push_back(correlation ? correlate_runs(task_id(task), *correlation, bootstrap, scores)
                                   : take_scores(*parse_own_data_task(task.task), name, bootstrap, scores));
      scored.back().chooses = chooses(task, plan);
    }
  }
  return scored;
}

/// The mean over tasks by one metric, of the runs that have a score on all of them.
ScoredRuns average(const std::vector<ScoredRuns>& tasks, size_t runs) {
  const ScoredRuns& first = tasks.front();
  ScoredRuns result{.task = first.chooses ? "average (validation)" : "average", .metric = first.metric};
  for (size_t run = 0; run < runs; ++run) {
    result.scores.emplace_back();
    result.resampled.emplace_back();
    Values scores;
    std::vector<std::span<const double>> resampled;
    for (const ScoredRuns& task : tasks) {
      if (!task.scores[run]) break;
      scores.push_back(*task.scores[run]);
      resampled.emplace_back(task.resampled[run]);
    }
    if (scores.size() < tasks.size()) continue;
    result.scores.back() = spread_of(scores).mean;
    result.resampled.back() = mean_of_lists(resampled);
  }
  return result;
}

/// For each metric that several tasks have that choose, or that tell, in the order of their first ones.
std::vector<ScoredRuns> averages(const std::vector<ScoredRuns>& scored, size_t runs) {
  std::vector<std::vector<ScoredRuns>> alike;
  for (const ScoredRuns& task : scored) {
    const auto same = std::find_if(alike.begin(), alike.end(), [&](const auto& tasks) {
      return tasks.front().metric == task.metric && tasks.front().chooses == task.chooses;
    });
    if (same == alike.end())
      alike.push_back({task});
    else
      same->push_back(task);
  }
  std::vector<ScoredRuns> result;
  for (const std::vector<ScoredRuns>& tasks : alike)
    if (tasks.size() > 1) result.push_back(average(tasks, runs));
  return result;
}

RowResult row_result(const std::string& name, const std::vector<size_t>& runs, const StudyConfig& study,
                     const ScoredRuns& scored) {
  RowResult row{.name = name, .seeds = {}, .scores = {}, .difference = {}};
  for (size_t i = 0; i < runs.size(); ++i) {
    const std::optional<double>& score = scored.scores[runs[i]];
    if (!score) continue;
    row.seeds.push_back(study.seeds[i]);
    row.scores.push_back(*score);
  }
  return row;
}

std::optional<TestResult> test_result(const std::optional<double>& p_value) {
  if (!p_value) return std::nullopt;
  return TestResult{.p_value = *p_value, .adjusted = *p_value};
}

/// @param runs, others  [seeds]
std::optional<RowDifference> difference_of(const std::vector<size_t>& runs, const std::vector<size_t>& others,
                                           const ScoredRuns& scored) {
  Values differences;
  std::vector<std::span<const double>> resampled, other_resampled;
  for (size_t seed = 0; seed < runs.size(); ++seed) {
    const size_t run = runs[seed], other = others[seed];
    if (!scored.scores[run] || !scored.scores[other]) continue;
    differences.push_back(*scored.scores[run] - *scored.scores[other]);
    resampled.emplace_back(scored.resampled[run]);
    other_resampled.emplace_back(scored.resampled[other]);
  }
  if (differences.empty()) return std::nullopt;

  const Values resampled_differences = subtract(mean_of_lists(resampled), mean_of_lists(other_resampled));
  const Spread spread = spread_of(differences);
  return RowDifference{.mean = spread.mean,
                       .deviation = spread.deviation,
                       .interval = confidence_interval(resampled_differences),
                       .by_seeds = test_result(paired_t_test(differences)),
                       .by_pairs = test_result(difference_p_value(resampled_differences))};
}

/// Nothing when the model before training has no score. It is compared with each seed of the baseline.
std::optional<RowResult> untrained_row(const std::vector<size_t>& baseline, const ScoredRuns& scored) {
  const size_t untrained = scored.scores.size() - 1;
  if (!scored.scores[untrained]) return std::nullopt;
  RowResult row{
      .name = kBeforeTraining, .seeds = {}, .scores = {*scored.scores[untrained]}, .difference = {}};
  row.difference = difference_of(std::vector<size_t>(baseline.size(), untrained), baseline, scored);
  if (!row.difference) return row;
  row.difference->by_seeds.reset();
  row.difference->by_pairs.reset();
  return row;
}

/// Holm's correction of one of the tests over the rows that have it.
void adjust(std::vector<RowResult>& rows, std::optional<TestResult> RowDifference::*test) {
  std::vector<TestResult*> tests;
  Values p_values;
  for (RowResult& row : rows) {
    if (!row.difference || !((*row.difference).*test)) continue;
    tests.push_back(&*((*row.difference).*test));
    p_values.push_back(tests.back()->p_value);
  }
  const Values adjusted = holm_adjusted(p_values);
  for (size_t i = 0; i < tests.size(); ++i) tests[i]->adjusted = adjusted[i];
}

TaskResult task_result(const StudyConfig& study, const StudyPlan& plan, const ScoredRuns& scored) {
  TaskResult result{.task = scored.task,
                    .metric = scored.metric,
                    .pairs = scored.pairs,
                    .file_checksum = scored.file_checksum,
                    .rows = {},
                    .notes = scored.notes};
  const size_t baseline = baseline_row(study);
  result.before_training = untrained_row(plan.runs_of[baseline], scored);
  for (size_t i = 0; i < study.rows.size(); ++i) {
    result.rows.push_back(row_result(study.rows[i].name, plan.runs_of[i], study, scored));
    if (i != baseline)
      result.rows.back().difference = difference_of(plan.runs_of[i], plan.runs_of[baseline], scored);
  }
  adjust(result.rows, &RowDifference::by_seeds);
  adjust(result.rows, &RowDifference::by_pairs);
  return result;
}

}  // namespace

std::vector<TaskResult> study_results(const StudyConfig& study, const StudyPlan& plan,
                                      const std::vector<RunScores>& scores, const RunScores& untrained) {
  std::vector<RunScores> all = scores;
  all.push_back(untrained);
  std::vector<ScoredRuns> scored = score_runs(study, plan, all);
  for (ScoredRuns& average : averages(scored, all.size())) scored.push_back(std::move(average));

  std::vector<TaskResult> results;
  for (const ScoredRuns& task : scored) results.push_back(task_result(study, plan, task));
  return results;
}

}  // namespace angle
