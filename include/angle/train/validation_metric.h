// The one number that decides which model is the best of a run: `evaluation.metric`. Knows no torch.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "angle/eval/task_name.h"
#include "angle/validation_loss.h"

namespace angle {

/// What `evaluation.metric` names:
///
///     cosine_spearman             a score that tasks have (eval/task_name.h), the mean over all that have it
///     stsb/cosine_spearman        that of one task
///     retrieval:faq/ndcg@10
///     val_loss                    the loss on evaluation.loss_data; less is better
///     val_loss_cosine             one term of it: _cosine, _in_batch, _angle
struct ValidationMetric {
  std::string task;  // empty: all that have it
  std::string name;  // `cosine_spearman`, `ndcg@10`, `val_loss`

  bool is_loss() const { return is_validation_loss(name); }

  /// Whether the score of a task is the number that decides, or goes into it.
  bool decides_on(const TaskName& measured) const;

  /// The score to take on a task: the one named, or the task's main one where it doesn't have that.
  std::string measured_on(const TaskName& measured) const;
};

/// Error for a name that is none of these, and for a task that is not measured. Whether a loss is measured is
/// for the rules of the configuration to say.
///
/// @param tasks  that are measured
ValidationMetric parse_validation_metric(std::string_view name, std::span<const TaskName> tasks);

}  // namespace angle
