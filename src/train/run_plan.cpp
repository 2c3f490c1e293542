#include "angle/train/run_plan.h"

#include <algorithm>

#include "angle/train/schedule.h"

namespace angle {
namespace {

int64_t count_steps(const OptimizationConfig& train, int64_t micro_batches) {
  const int64_t steps = (micro_batches + train.accumulation_steps - 1) / train.accumulation_steps;
  return train.max_steps > 0 ? std::min(steps, train.max_steps) : steps;
}

}  // namespace

RunPlan::RunPlan(const TrainConfig& config, int64_t batches_per_epoch)
    : train_(config.train),
      checkpoint_every_steps_(config.checkpoint.every_steps),
      validation_every_steps_(config.evaluation.every_steps),
      batches_per_epoch_(batches_per_epoch),
      total_micro_batches_(train_.epochs * batches_per_epoch),
      total_steps_(count_steps(train_, total_micro_batches_)) {}

int64_t RunPlan::micro_batches_after(int64_t step) const {
  return std::min(step * train_.accumulation_steps, total_micro_batches_);
}

double RunPlan::epochs_after(int64_t step) const {
  return static_cast<double>(micro_batches_after(step)) / static_cast<double>(batches_per_epoch_);
}

double RunPlan::learning_rate(int64_t step) const {
  return train_.learning_rate * schedule_factor(train_.schedule, step - 1, train_.warmup_steps, total_steps_);
}

bool RunPlan::measures_saturation(int64_t step) const {
  const int64_t every = train_.saturation_every_steps;
  return every > 0 && (step == 1 || step % every == 0);
}

bool RunPlan::is_due(int64_t step, int64_t every_steps) const {
  if (step == total_steps_) return true;
  if (every_steps > 0) return step % every_steps == 0;
  return micro_batches_after(step) / batches_per_epoch_ > micro_batches_after(step - 1) / batches_per_epoch_;
}

}  // namespace angle
