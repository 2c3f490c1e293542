#include "report/study_section.h"

#include <vector>

#include <spdlog/fmt/fmt.h>

#include "notes_to_tell.h"
#include "report/html_parts.h"
#include "report/svg_chart.h"

namespace angle {
namespace {

const char* const kNoValue = "–";

std::string plus_minus(const std::string& value, const std::optional<double>& deviation) {
  return deviation ? fmt::format("{} ± {:.2f}", value, 100 * *deviation) : value;
}

std::string show(const std::optional<StudyTest>& test) {
  if (!test) return kNoValue;
  const std::string p = test->p_value < 0.0001 ? "&lt; 0.0001" : fmt::format("{:.4f}", test->p_value);
  return test->significant ? fmt::format("<b>{} *</b>", p) : p;
}

bool is_significant(const std::optional<StudyTest>& test) { return test && test->significant; }

bool is_untrained(const StudyRecordRow& row) { return row.seeds == 0 && row.mean; }

std::vector<std::string> cells_of(const StudyRecordRow& row, const std::string& baseline) {
  std::vector<std::string> cells = {escape_html(row.name),
                                    is_untrained(row) ? kNoValue : std::to_string(row.seeds),
                                    kNoValue,
                                    row.name == baseline ? "baseline" : kNoValue,
                                    kNoValue,
                                    kNoValue,
                                    kNoValue};
  if (row.mean) cells[2] = plus_minus(fmt::format("{:.2f}", 100 * *row.mean), row.deviation);
  if (!row.difference) return cells;
  cells[3] = plus_minus(fmt::format("{:+.2f}", 100 * *row.difference), row.difference_deviation);
  if (row.low && row.high) cells[4] = fmt::format("{:+.2f} to {:+.2f}", 100 * *row.low, 100 * *row.high);
  cells[5] = show(row.by_seeds);
  cells[6] = show(row.by_pairs);
  return cells;
}

/// Differences that both tests find significant stand out. That of the model before training is left to the
/// table: next to it the others would be too small to see.
std::string difference_chart(const StudyRecordTask& task, const StudyRecord& study) {
  constexpr int kSignificant = 0, kOther = 7;
  std::vector<IntervalRow> rows;
  for (const StudyRecordRow& row : task.rows) {
    if (!row.difference || !row.low || !row.high || is_untrained(row)) continue;
    const bool significant = is_significant(row.by_seeds) && is_significant(row.by_pairs);
    rows.push_back({row.name, 100 * *row.difference, 100 * *row.low, 100 * *row.high,
                    significant ? kSignificant : kOther});
  }
  if (rows.empty()) return "";
  return "<div class=\"charts\">\n" +
         interval_chart({"difference to " + study.baseline, task.metric + " × 100, 95 % interval", ""},
                        rows) +
         "</div>\n";
}

std::string task_section(const StudyRecord& study, size_t number) {
  const StudyRecordTask& task = study.tasks[number];
  std::vector<std::vector<std::string>> rows;
  for (const StudyRecordRow& row : task.rows) rows.push_back(cells_of(row, study.baseline));
  const std::string pairs = task.pairs > 0 ? fmt::format(", {} pairs", task.pairs) : "";
  std::string html =
      fmt::format("<h3>{}{}: {} × 100</h3>\n", escape_html(task.task), pairs, escape_html(task.metric));
  html +=
      html_table({"row", "seeds", "score", "difference", "95 % interval", "p (seeds)", "p (pairs)"}, rows);
  for (const std::string& note : notes_to_tell(study.tasks, number))
    html += "<p>" + escape_html(note) + "</p>\n";
  return html + difference_chart(task, study);
}

}  // namespace

std::string study_section(const StudyRecord& study) {
  std::string html =
      fmt::format("<h2>{}</h2>\n<p>{}</p>\n", escape_html(study.name), escape_html(study.description));
  for (size_t number = 0; number < study.tasks.size(); ++number) html += task_section(study, number);
  if (!study.left_out.empty()) html += "<p>Left out: " + escape_html(study.left_out) + "</p>\n";
  for (const std::string& failure : study.failures) html += "<p>Failed: " + escape_html(failure) + "</p>\n";
  html += fmt::format(
      "<p>Scores and differences to “{}”: mean ± standard deviation over seeds. p (seeds): paired t-test "
      "over seeds; p (pairs) and interval: paired bootstrap of the pairs, on own data of pairs, queries or "
      "texts. *: significant at 5 % after Holm’s correction over the rows of a table, in the chart blue where "
      "both are. “before training”, where it is a row, is the model that “{}” starts from. {} of {} runs are "
      "finished.</p>\n",
      escape_html(study.baseline), escape_html(study.baseline), study.finished_runs, study.runs);
  return html + "<pre>" + escape_html(study.command) + "</pre>\n";
}

}  // namespace angle
