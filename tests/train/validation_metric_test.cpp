// The metric that decides, and the tasks, by name:
//  - a correlation over all tasks or of one, a loss or a term of it; anything else is an error with the
//  nearest;
//  - tasks are a comma list, each with a split of its own or the common one.

#include "angle/train/validation_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

TEST(ValidationMetric, IsACorrelationOrALoss) {
  const ValidationMetric all = parse_validation_metric("angle_pearson");
  EXPECT_EQ(all.task, "");
  EXPECT_EQ(all.correlation, (Metric{Similarity::angle, Statistic::pearson}));
  EXPECT_FALSE(all.lower_is_better());
  const ValidationMetric one = parse_validation_metric("sts12/cosine_spearman");
  EXPECT_EQ(one.task, "sts12");
  EXPECT_EQ(one.correlation, Metric{});
  for (const char* name : {"val_loss", "val_loss_cosine", "val_loss_in_batch", "val_loss_angle"}) {
    EXPECT_EQ(parse_validation_metric(name).loss, name);
    EXPECT_TRUE(parse_validation_metric(name).lower_is_better());
  }
}

TEST(ValidationMetric, RefusesOtherNames) {
  EXPECT_ERROR(parse_validation_metric("cosine_spaerman"),
               "evaluation.metric cosine_spaerman: unknown metric", "did you mean \"cosine_spearman\"?");
  EXPECT_ERROR(parse_validation_metric("stsb/spearman"), "evaluation.metric spearman: unknown metric");
  EXPECT_ERROR(parse_validation_metric("val_loss_angel"), "evaluation.metric val_loss_angel: unknown loss",
               "did you mean \"val_loss_angle\"?", "val_loss_in_batch");
}

TEST(TaskNames, HaveTheCommonSplitUnlessTheySayAnother) {
  EXPECT_THAT(parse_task_names("stsb, sts12/test", "validation"),
              ElementsAre(TaskName{"stsb", "validation"}, TaskName{"sts12", "test"}));
  EXPECT_THAT(parse_task_names("stsb,", "train"), ElementsAre(TaskName{"stsb", "train"}));
  EXPECT_TRUE(parse_task_names("", "validation").empty());
}

}  // namespace
}  // namespace angle
