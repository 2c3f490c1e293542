// The steps of a training run: how many there are, which batches each takes, at which learning rate, and what
// is due after it. Knows no torch.
#pragma once

#include <cstdint>

#include "angle/config.h"

namespace angle {

/// A function of the configuration and the size of the data alone, so a run that is resumed goes on as
/// planned. A step is an optimizer update, the first one is 1; "after step 0" is before the first one.
class RunPlan {
 public:
  /// @param batches_per_epoch  micro-batches, of which a step takes train.accumulation_steps
  RunPlan(const TrainConfig& config, int64_t batches_per_epoch);

  /// The steps of all epochs, the last one possibly of fewer batches, or max_steps if that is less.
  int64_t total_steps() const { return total_steps_; }

  /// Those of the run up to a step, which takes the ones from micro_batches_after(step − 1) on.
  int64_t micro_batches_after(int64_t step) const;

  /// Epochs done, with fractions.
  double epochs_after(int64_t step) const;

  double learning_rate(int64_t step) const;

  /// Whether a step measures the saturation of its batch: the first one and every Nth.
  bool measures_saturation(int64_t step) const;

  bool is_checkpoint_due(int64_t step) const { return is_due(step, checkpoint_every_steps_); }

  /// After step 0, too: what training changes is told from there.
  bool is_validation_due(int64_t step) const { return step == 0 || is_due(step, validation_every_steps_); }

 private:
  bool is_due(int64_t step, int64_t every_steps) const;

  OptimizationConfig train_;
  int64_t checkpoint_every_steps_, validation_every_steps_;  // 0: at the end of each epoch
  int64_t batches_per_epoch_;
  int64_t total_micro_batches_;
  int64_t total_steps_;
};

}  // namespace angle
