// The tables of the paper: a group's tasks side by side, published models above baselines above ours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/evaluate.h"

namespace angle {

/// A model's row in the table of a group. Spearman × 100 of the cosine.
struct TableRow {
  std::string name;
  std::string source;                         // where it was published; empty for what this run scored
  std::vector<std::optional<double>> scores;  // in the order of the group's tasks
  std::optional<double> average;              // the plain mean over the table's tasks
};

struct GroupTable {
  std::vector<std::string> tasks;  // that this run scored: every average is over them, so that rows compare
  std::vector<TableRow> rows;      // published ones, this run's baselines, the model
};

/// SBERT, SimCSE and AnglE, all on BERT-base, with their averages over all tasks.
const std::vector<TableRow>& published_rows(const TaskGroup& group);

/// Only of tasks that were scored in the split of the paper; without rows when there are none.
GroupTable group_table(const TaskGroup& group, const EvaluationReport& report, const std::string& model);

/// The table, and below it what its averages are of and where rows come from; empty for a table without
/// rows. Ends with a line end.
std::string format_group_table(const TaskGroup& group, const EvaluationReport& report,
                               const std::string& model);

/// [{"model", "source" (null for this run), "scores": {"sts12": 70.97, …}, "average", "average_of": ["sts12",
/// …]}]
nlohmann::json group_table_json(const TaskGroup& group, const EvaluationReport& report,
                                const std::string& model);

}  // namespace angle
