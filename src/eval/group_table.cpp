#include "angle/eval/group_table.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/eval/mean.h"
#include "angle/or_null.h"

#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;
using Scores = std::vector<std::optional<double>>;

constexpr auto kTransferSource =
    "arXiv 2309.12871, transfer STS: trained on NLI, SentEval's text, 4927 pairs of SICK-R (SBERT's average "
    "is printed as 74.89)";
constexpr auto kNonTransferSource =
    "arXiv 2309.12871, non-transfer STS: SBERT and AnglE trained on each task's training split, SimCSE on "
    "NLI (rows as quoted by others; their means are the printed averages)";

TableRow published(std::string name, std::string source, Scores scores) {
  const auto average = mean_of_all(scores);
  return {std::move(name), std::move(source), std::move(scores), average};
}

/// The evaluations of a group's tasks, null where there is none in the split of the paper.
std::vector<const Evaluation*> evaluations_of(const TaskGroup& group, const EvaluationReport& report) {
  std::vector<const Evaluation*> found;
  for (const std::string& task : group.tasks) {
    const auto of_task =
        std::find_if(report.evaluations.begin(), report.evaluations.end(), [&](const Evaluation& evaluation) {
          return evaluation.task->name == task && !evaluation.beside &&
                 evaluation.split == evaluation.task->default_split();
        });
    found.push_back(of_task == report.evaluations.end() ? nullptr : &*of_task);
  }
  return found;
}

/// The row of numbers that `score` finds in each evaluation.
template <class Score>
TableRow scored(const std::string& name, const std::vector<const Evaluation*>& evaluations, Score score) {
  TableRow row{name, "", {}, {}};
  for (const Evaluation* evaluation : evaluations) {
    const std::optional<double> value = evaluation == nullptr ? std::nullopt : score(*evaluation);
    row.scores.push_back(value ? std::optional(100.0 * *value) : std::nullopt);
  }
  return row;
}

/// This run's baselines, then the model.
std::vector<TableRow> scored_rows(const std::vector<const Evaluation*>& evaluations,
                                  const std::string& model) {
  std::vector<TableRow> rows;
  const auto first = std::find_if(evaluations.begin(), evaluations.end(),
                                  [](const Evaluation* evaluation) { return evaluation != nullptr; });
  for (size_t i = 0; i < (*first)->baselines.size(); ++i)
    rows.push_back(scored((*first)->baselines[i].title, evaluations, [i](const Evaluation& evaluation) {
      return evaluation.baselines[i].correlation.spearman;
    }));
  rows.push_back(scored(model, evaluations,
                        [](const Evaluation& evaluation) { return evaluation.scores.value(Metric{}); }));
  return rows;
}

Cells cells_of(const TableRow& row) {
  const auto cell = [](std::optional<double> value) { return value ? fmt::format("{:.2f}", *value) : "-"; };
  Cells cells{row.name};
  for (const auto& score : row.scores) cells.push_back(cell(score));
  cells.push_back(cell(row.average));
  return cells;
}

/// What averages are of, when it is not all of the group.
std::string averages_remark(const TaskGroup& group, const GroupTable& table) {
  if (table.tasks.size() == group.tasks.size()) return {};
  std::vector<std::string> whole;
  for (const TableRow& row : published_rows(group))
    whole.push_back(fmt::format("{} {:.2f}", row.name, row.average.value_or(0)));
  return fmt::format("every average is over the {} of {} tasks scored here; published ones over all: {}\n",
                     table.tasks.size(), group.tasks.size(), fmt::join(whole, ", "));
}

/// Scores with a note above, which a reader of the table would not see.
std::string notes_remark(const TaskGroup& group, const EvaluationReport& report) {
  std::vector<std::string> noted;
  for (const Evaluation* evaluation : evaluations_of(group, report))
    if (evaluation != nullptr && !evaluation->notes.empty()) noted.push_back(evaluation->task->name);
  return noted.empty() ? ""
                       : fmt::format("read the notes (*) on {} before comparing\n", fmt::join(noted, ", "));
}

}  // namespace

const std::vector<TableRow>& published_rows(const TaskGroup& group) {
  static const std::vector<TableRow> transfer{
      published("SBERT", kTransferSource, {70.97, 76.53, 73.19, 79.09, 74.30, 77.03, 72.91}),
      published("SimCSE", kTransferSource, {75.30, 84.67, 80.19, 85.40, 80.82, 84.25, 80.39}),
      published("AnglE", kTransferSource, {75.09, 85.56, 80.66, 86.44, 82.47, 85.16, 81.23})};
  static const std::vector<TableRow> non_transfer{
      published("SBERT", kNonTransferSource, {46.19, 84.67, 73.80, 65.98, 69.50}),
      published("SimCSE", kNonTransferSource, {48.14, 76.27, 65.84, 33.00, 60.38}),
      published("AnglE", kNonTransferSource, {62.20, 86.26, 76.54, 72.19, 70.55})};
  return group.name == "sts" ? transfer : non_transfer;
}

GroupTable group_table(const TaskGroup& group, const EvaluationReport& report, const std::string& model) {
  const auto evaluations = evaluations_of(group, report);
  GroupTable table;
  for (const Evaluation* evaluation : evaluations)
    if (evaluation != nullptr) table.tasks.push_back(evaluation->task->name);
  if (table.tasks.empty()) return table;
  table.rows = published_rows(group);
  for (TableRow& row : scored_rows(evaluations, model)) table.rows.push_back(std::move(row));
  for (TableRow& row : table.rows) {
    Scores counted;
    for (size_t i = 0; i < evaluations.size(); ++i)
      if (evaluations[i] != nullptr) counted.push_back(row.scores[i]);
    row.average = mean_of_all(counted);
  }
  return table;
}

std::string format_group_table(const TaskGroup& group, const EvaluationReport& report,
                               const std::string& model) {
  const GroupTable table = group_table(group, report, model);
  if (table.rows.empty()) return {};
  std::vector<Cells> rows{{group.name}};
  for (const std::string& task : group.tasks) rows.front().push_back(find_task(task).title);
  rows.front().push_back(table.tasks.size() == group.tasks.size()
                             ? "average"
                             : fmt::format("average of {}", table.tasks.size()));
  for (const TableRow& row : table.rows) rows.push_back(cells_of(row));
  return fmt::format("{}rho of the cosine, x 100; SBERT, SimCSE and AnglE (BERT-base): {}\n{}{}",
                     format_table(rows, 1), published_rows(group).front().source,
                     averages_remark(group, table), notes_remark(group, report));
}

json group_table_json(const TaskGroup& group, const EvaluationReport& report, const std::string& model) {
  const GroupTable table = group_table(group, report, model);
  json rows = json::array();
  for (const TableRow& row : table.rows) {
    json scores = json::object();
    for (size_t i = 0; i < group.tasks.size(); ++i) scores[group.tasks[i]] = or_null(row.scores[i]);
    rows.push_back({{"model", row.name},
                    {"source", row.source.empty() ? json() : json(row.source)},
                    {"scores", scores},
                    {"average", or_null(row.average)},
                    {"average_of", table.tasks}});
  }
  return rows;
}

}  // namespace angle
