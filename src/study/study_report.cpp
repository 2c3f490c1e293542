#include "angle/study/study_report.h"

#include <algorithm>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "angle/eval/metric.h"
#include "angle/eval/significance.h"
#include "angle/or_null.h"

#include "eval/paired_difference.h"
#include "eval/table.h"
#include "notes_to_tell.h"

namespace angle {
namespace {

const char* const kNoValue = "–";

/// `86.21 ± 0.08`
std::string with_deviation(const std::string& value, const std::optional<double>& deviation) {
  return deviation ? fmt::format("{} ± {:.2f}", value, 100 * *deviation) : value;
}

/// `0.0312 *`
std::string show(const std::optional<TestResult>& test) {
  if (!test) return kNoValue;
  return show_p_value(test->p_value) + (test->is_significant() ? " *" : "  ");
}

Cells cells_of(const RowResult& row, bool is_baseline) {
  Cells cells(7, kNoValue);
  cells[0] = row.name;
  if (!row.seeds.empty() || row.scores.empty()) cells[1] = std::to_string(row.seeds.size());
  if (is_baseline) cells[3] = "baseline";
  if (row.scores.empty()) return cells;
  const Spread spread = spread_of(row.scores);
  cells[2] = with_deviation(fmt::format("{:.2f}", 100 * spread.mean), spread.deviation);
  if (!row.difference) return cells;
  const RowDifference& difference = *row.difference;
  cells[3] = with_deviation(fmt::format("{:+.2f}", 100 * difference.mean), difference.deviation);
  if (difference.interval)
    cells[4] =
        fmt::format("[{:+.2f} {:+.2f}]", 100 * difference.interval->low, 100 * difference.interval->high);
  cells[5] = show(difference.by_seeds);
  cells[6] = show(difference.by_pairs);
  return cells;
}

std::vector<Cells> table_of(const TaskResult& task, size_t baseline) {
  std::vector<Cells> table = {
      {"row", "seeds", "score", "difference", "95 % interval", "p (seeds)  ", "p (pairs)  "}};
  if (task.before_training) table.push_back(cells_of(*task.before_training, /*is_baseline=*/false));
  for (size_t i = 0; i < task.rows.size(); ++i) table.push_back(cells_of(task.rows[i], i == baseline));
  return table;
}

/// `stsb/test, 1379 pairs: cosine_spearman × 100`
std::string title_of(const TaskResult& task) {
  const std::string pairs = task.pairs > 0 ? fmt::format(", {} pairs", task.pairs) : "";
  return fmt::format("{}{}: {} × 100", task.task, pairs, task.metric);
}

bool has_difference_without_interval(const TaskResult& task) {
  return std::any_of(task.rows.begin(), task.rows.end(),
                     [](const RowResult& row) { return row.difference && !row.difference->interval; });
}

/// Where some rows have no test over pairs, why.
std::string own_data_remark(const std::vector<TaskResult>& results) {
  const bool any = std::any_of(results.begin(), results.end(), [](const TaskResult& task) {
    return !find_metric(task.metric) && has_difference_without_interval(task);
  });
  return any ? " – for interval and p (pairs): too few pairs, queries or texts, or runs that an older version "
               "has scored, which kept nothing of them to draw again."
             : "";
}

/// What the first row is, where there is one without training.
std::string untrained_remark(const StudyReport& report) {
  const bool any = std::any_of(report.results.begin(), report.results.end(),
                               [](const TaskResult& task) { return task.before_training.has_value(); });
  return any ? fmt::format(" {}: the model that the row \"{}\" starts from; its difference has no test.",
                           kBeforeTraining, report.study.rows[baseline_row(report.study)].name)
             : "";
}

std::string explanation(const StudyReport& report) {
  const StudyConfig& study = report.study;
  const std::string text = fmt::format(
      "score: mean ± standard deviation over seeds. difference: to the row \"{}\", mean ± standard deviation "
      "over seeds. p (seeds): paired t-test over seeds: would other seeds show the difference on these "
      "pairs? p (pairs) and interval: paired bootstrap of the pairs, on own data of pairs, queries or texts ({} "
      "resamples), scores averaged over seeds: would others show it with these seeds? *: significant at 5 % "
      "after Holm's correction over the rows of the table.",
      study.rows[baseline_row(study)].name, study.resamples);
  return text + untrained_remark(report) + own_data_remark(report.results);
}

/// Lines of at most `width` letters.
std::string wrapped(const std::string& text, size_t width) {
  std::string result, line;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      result += line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    start = end + 1;
  }
  return result + line + "\n";
}

std::string markdown_row(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells)
    line += fmt::format(" {} |", cell.substr(0, cell.find_last_not_of(' ') + 1));
  return line + "\n";
}

json to_json(const std::optional<TestResult>& test) {
  if (!test) return nullptr;
  return {{"p_value", test->p_value}, {"adjusted", test->adjusted}, {"significant", test->is_significant()}};
}

json to_json(const std::optional<RowDifference>& difference) {
  if (!difference) return nullptr;
  const auto& interval = difference->interval;
  return {{"mean", difference->mean},
          {"deviation", or_null(difference->deviation)},
          {"interval", interval_json(interval)},
          {"by_seeds", to_json(difference->by_seeds)},
          {"by_pairs", to_json(difference->by_pairs)}};
}

json row_json(const RowResult& row) {
  const Spread spread = row.scores.empty() ? Spread{} : spread_of(row.scores);
  return {{"name", row.name},
          {"seeds", row.seeds},
          {"scores", row.scores},
          {"mean", row.scores.empty() ? json() : json(spread.mean)},
          {"deviation", or_null(spread.deviation)},
          {"difference", to_json(row.difference)}};
}

json task_json(const TaskResult& task) {
  json rows = json::array();
  for (const RowResult& row : task.rows) rows.push_back(row_json(row));
  return {{"task", task.task},
          {"metric", task.metric},
          {"pairs", task.pairs},
          {"file_checksum", task.file_checksum},
          {"notes", task.notes},
          {"before_training", task.before_training ? row_json(*task.before_training) : json()},
          {"rows", rows}};
}

/// Those of the tables, each once.
std::vector<std::string> metrics_shown(const std::vector<TaskResult>& results) {
  std::vector<std::string> metrics;
  for (const TaskResult& task : results)
    if (std::find(metrics.begin(), metrics.end(), task.metric) == metrics.end())
      metrics.push_back(task.metric);
  return metrics;
}

/// A row's configuration, which is that of its runs but for the seed, and the runs' keys.
json planned_row_json(const StudyPlan& plan, size_t row, const std::string& name) {
  const StudyRun& first = plan.runs[plan.runs_of[row].front()];
  json config = first.config;
  config["train"].erase("seed");
  json keys = json::array();
  for (const size_t run : plan.runs_of[row]) keys.push_back(plan.runs[run].key);
  return {{"name", name}, {"config", config}, {"inputs", first.inputs}, {"runs", keys}};
}

}  // namespace

size_t StudyReport::finished_runs() const {
  return static_cast<size_t>(
      std::count_if(scores.begin(), scores.end(), [](const RunScores& run) { return !run.empty(); }));
}

std::string format_study(const StudyReport& report) {
  constexpr size_t kFirstNumber = 1, kWidth = 100;
  const size_t baseline = baseline_row(report.study);
  std::string text;
  for (size_t number = 0; number < report.results.size(); ++number) {
    const TaskResult& task = report.results[number];
    text += title_of(task) + "\n";
    text += format_table(table_of(task, baseline), kFirstNumber) + "\n";
    for (const std::string& note : notes_to_tell(report.results, number)) text += "note: " + note + "\n";
  }
  text += wrapped(explanation(report), kWidth);
  if (!report.left_out.empty()) text += "left out: " + report.left_out + "\n";
  for (const std::string& failure : report.failures) text += "failed: " + failure + "\n";
  return text + fmt::format("{} of {} runs are finished\n", report.finished_runs(), report.plan.runs.size());
}

std::string format_study_markdown(const StudyReport& report) {
  const size_t baseline = baseline_row(report.study);
  std::string text =
      fmt::format("# {}\n\n{}\n\n    {}\n", report.name, report.study.description, report.command);
  for (size_t number = 0; number < report.results.size(); ++number) {
    const TaskResult& task = report.results[number];
    text += fmt::format("\n{}\n\n", title_of(task));
    const std::vector<Cells> table = table_of(task, baseline);
    text += markdown_row(table.front()) + "|---|---:|---:|---:|---:|---:|---:|\n";
    for (size_t i = 1; i < table.size(); ++i) text += markdown_row(table[i]);
    for (const std::string& note : notes_to_tell(report.results, number)) text += "\nNote: " + note + "\n";
  }
  text += fmt::format("\n{}\n", explanation(report));
  if (!report.left_out.empty()) text += "\nLeft out: " + report.left_out + "\n";
  for (const std::string& failure : report.failures) text += "\nFailed: " + failure + "\n";
  return text +
         fmt::format("\n{} of {} runs are finished.\n", report.finished_runs(), report.plan.runs.size());
}

json study_json(const StudyReport& report) {
  const StudyConfig& study = report.study;
  json rows = json::array(), tasks = json::array();
  for (size_t i = 0; i < study.rows.size(); ++i)
    rows.push_back(planned_row_json(report.plan, i, study.rows[i].name));
  for (const TaskResult& task : report.results) tasks.push_back(task_json(task));
  return {{"name", report.name},
          {"description", study.description},
          {"command", report.command},
          {"base", study.base},
          {"metric", fmt::format("{}", fmt::join(metrics_shown(report.results), ","))},
          {"baseline", study.rows[baseline_row(study)].name},
          {"seeds", study.seeds},
          {"runs", report.plan.runs.size()},
          {"finished_runs", report.finished_runs()},
          {"failures", report.failures},
          {"bootstrap", {{"resamples", study.resamples}, {"seed", BootstrapOptions{}.seed}}},
          {"left_out", report.left_out},
          {"rows", rows},
          {"tasks", tasks}};
}

}  // namespace angle
