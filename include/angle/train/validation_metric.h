// The one number that decides which model is the best of a run: `evaluation.metric`. Knows no torch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "angle/eval/metric.h"

namespace angle {

/// A task to validate on: `stsb`, `stsb/validation` or a file of scored pairs in `evaluation.task`.
struct TaskName {
  std::string task;
  std::string split;  // "": a file has none

  bool operator==(const TaskName&) const = default;
};

/// The tasks of a comma list; those without a split of their own have the one given. Blanks are allowed.
std::vector<TaskName> parse_task_names(std::string_view list, const std::string& split);

/// What `evaluation.metric` names:
///
///     cosine_spearman         a correlation (see eval/metric.h), the mean over all tasks
///     stsb/cosine_spearman    that of one task
///     val_loss                the loss on evaluation.loss_data; less is better
///     val_loss_cosine         one term of it: _cosine, _in_batch, _angle
struct ValidationMetric {
  std::string task;    // empty: all of them
  Metric correlation;  // measured on every task, whether it decides or not
  std::string loss;    // empty: the correlation decides

  bool lower_is_better() const { return !loss.empty(); }
};

/// Error for a name that is none of these. Whether task and loss are measured is for the rules of the
/// configuration to say.
ValidationMetric parse_validation_metric(std::string_view name);

}  // namespace angle
