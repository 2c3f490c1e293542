// The steps of a run:
//  - all batches of all epochs are taken once, the last step takes what is left; max_steps ends it before;
//  - checkpoints and validations are due every so many steps or with each epoch, and always after the last
//    step, validations before the first one, too;
//  - the learning rate of a step is that of the schedule, saturation is measured in the first and every Nth.
#include "angle/train/run_plan.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/train/schedule.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Two epochs of 5 batches, 2 of them a step.
TrainConfig two_epochs() {
  TrainConfig config;
  config.train.epochs = 2;
  config.train.accumulation_steps = 2;
  config.checkpoint.every_steps = 0;
  config.evaluation.every_steps = 0;
  return config;
}

RunPlan plan_of(const TrainConfig& config) { return {config, /*batches_per_epoch=*/5}; }

/// The steps for which `is_due` holds, from `first` on.
template <class IsDue>
std::vector<int64_t> steps_with(const RunPlan& plan, int64_t first, const IsDue& is_due) {
  std::vector<int64_t> steps;
  for (int64_t step = first; step <= plan.total_steps(); ++step)
    if (is_due(step)) steps.push_back(step);
  return steps;
}

std::vector<int64_t> checkpoints(const RunPlan& plan) {
  return steps_with(plan, 1, [&](int64_t step) { return plan.is_checkpoint_due(step); });
}

std::vector<int64_t> validations(const RunPlan& plan) {
  return steps_with(plan, 0, [&](int64_t step) { return plan.is_validation_due(step); });
}

std::vector<int64_t> measured(const RunPlan& plan) {
  return steps_with(plan, 1, [&](int64_t step) { return plan.measures_saturation(step); });
}

TEST(RunPlan, TakesEveryBatchOnce) {
  const RunPlan plan = plan_of(two_epochs());
  EXPECT_EQ(plan.total_steps(), 5);
  EXPECT_EQ(plan.micro_batches_after(0), 0);
  EXPECT_EQ(plan.micro_batches_after(3), 6);
  EXPECT_EQ(plan.micro_batches_after(5), 10);
  EXPECT_EQ(plan.epochs_after(3), 1.2);
}

TEST(RunPlan, EndsWithAStepOfWhatIsLeft) {
  TrainConfig config = two_epochs();
  config.train.epochs = 1;
  const RunPlan plan = plan_of(config);
  EXPECT_EQ(plan.total_steps(), 3);
  EXPECT_EQ(plan.micro_batches_after(2), 4);
  EXPECT_EQ(plan.micro_batches_after(3), 5);
}

TEST(RunPlan, EndsAtMaxSteps) {
  TrainConfig config = two_epochs();
  config.train.max_steps = 3;
  EXPECT_EQ(plan_of(config).total_steps(), 3);
  config.train.max_steps = 100;
  EXPECT_EQ(plan_of(config).total_steps(), 5);
}

TEST(RunPlan, SavesAndValidatesWithEachEpoch) {
  const RunPlan plan = plan_of(two_epochs());  // the first epoch ends within step 3
  EXPECT_THAT(checkpoints(plan), ElementsAre(3, 5));
  EXPECT_THAT(validations(plan), ElementsAre(0, 3, 5));
}

TEST(RunPlan, SavesAndValidatesEverySoManySteps) {
  TrainConfig config = two_epochs();
  config.checkpoint.every_steps = 2;
  config.evaluation.every_steps = 4;
  const RunPlan plan = plan_of(config);
  EXPECT_THAT(checkpoints(plan), ElementsAre(2, 4, 5));
  EXPECT_THAT(validations(plan), ElementsAre(0, 4, 5));
}

TEST(RunPlan, MeasuresSaturationFirstAndEverySoManySteps) {
  TrainConfig config = two_epochs();
  EXPECT_THAT(measured(plan_of(config)), IsEmpty());
  config.train.saturation_every_steps = 2;
  EXPECT_THAT(measured(plan_of(config)), ElementsAre(1, 2, 4));
}

TEST(RunPlan, GivesEachStepTheRateOfTheSchedule) {
  TrainConfig config = two_epochs();
  config.train.learning_rate = 0.5;
  config.train.warmup_steps = 2;
  config.train.schedule = ScheduleKind::linear;
  const RunPlan plan = plan_of(config);
  EXPECT_EQ(plan.learning_rate(1), 0);
  EXPECT_EQ(plan.learning_rate(2), 0.25);
  EXPECT_EQ(plan.learning_rate(3), 0.5);
  EXPECT_EQ(plan.learning_rate(5), 0.5 * schedule_factor(ScheduleKind::linear, 4, 2, 5));
}

}  // namespace
}  // namespace angle
