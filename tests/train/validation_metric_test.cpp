// The metric that decides, by name:
//  - a score of all tasks that have it or of one, a loss or a term of it; anything else is an error with
//    the nearest;
//  - what is measured beside it is a loss or not by its name, whatever a task is called;
//  - where a task doesn't have it, the task's main score is taken beside.

#include "angle/train/validation_metric.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

const TaskName kStsb{"stsb", "validation"}, kSts12{"sts12", "test"}, kFaq{"retrieval:data/faq", ""};
const std::vector<TaskName> kTasks = {kStsb, kSts12, kFaq};

TEST(ValidationMetric, IsAScoreOfTheTasksThatHaveIt) {
  const ValidationMetric correlation = parse_validation_metric("angle_pearson", kTasks);
  EXPECT_FALSE(correlation.is_loss());
  EXPECT_TRUE(correlation.decides_on(kStsb) && correlation.decides_on(kSts12));
  EXPECT_FALSE(correlation.decides_on(kFaq));
  const ValidationMetric retrieval = parse_validation_metric("mrr@10", kTasks);
  EXPECT_TRUE(retrieval.decides_on(kFaq));
  EXPECT_FALSE(retrieval.decides_on(kStsb));
}

TEST(ValidationMetric, MayBeThatOfOneTask) {
  const ValidationMetric one = parse_validation_metric("sts12/cosine_spearman", kTasks);
  EXPECT_TRUE(one.decides_on(kSts12));
  EXPECT_FALSE(one.decides_on(kStsb));
  const ValidationMetric own = parse_validation_metric("retrieval:data/faq/recall@5", kTasks);
  EXPECT_EQ(own.task, "retrieval:data/faq");
  EXPECT_EQ(own.name, "recall@5");
}

TEST(ValidationMetric, MayBeALoss) {
  for (const char* name : {"val_loss", "val_loss_cosine", "val_loss_in_batch", "val_loss_angle"}) {
    const ValidationMetric loss = parse_validation_metric(name, kTasks);
    EXPECT_EQ(loss.name, name);
    EXPECT_TRUE(loss.is_loss());
    EXPECT_FALSE(loss.decides_on(kStsb));
  }
}

TEST(ValidationMetric, TakesNoScoreOfATaskForALoss) {
  EXPECT_TRUE(is_validation_loss("val_loss_in_batch"));
  for (const char* name : {"val_loss.tsv/cosine_spearman", "val_loss/cosine_spearman", "cosine_spearman"})
    EXPECT_FALSE(is_validation_loss(name)) << name;
}

TEST(ValidationMetric, HasTheMainScoreOfOtherTasksBesideIt) {
  const ValidationMetric metric = parse_validation_metric("sts12/dot_pearson", kTasks);
  EXPECT_EQ(metric.measured_on(kSts12), "dot_pearson");
  EXPECT_EQ(metric.measured_on(kStsb), "dot_pearson");
  EXPECT_EQ(metric.measured_on(kFaq), "ndcg@10");
  EXPECT_EQ(parse_validation_metric("val_loss", kTasks).measured_on(kStsb), "cosine_spearman");
}

TEST(ValidationMetric, RefusesOtherNames) {
  EXPECT_ERROR(parse_validation_metric("cosine_spaerman", kTasks),
               "evaluation.metric cosine_spaerman: no task has this metric",
               "did you mean \"cosine_spearman\"?");
  EXPECT_ERROR(parse_validation_metric("stsb/spearman", kTasks),
               "evaluation.metric spearman: no task has this metric");
  EXPECT_ERROR(parse_validation_metric("stsb/ndcg@10", kTasks),
               "evaluation.metric ndcg@10: no task has this metric", "(metrics of stsb: cosine_spearman, ");
  EXPECT_ERROR(
      parse_validation_metric("retrieval:data/faq/ap", kTasks),
      "evaluation.metric ap: no task has this metric",
      "(metrics of retrieval:data/faq: ndcg@10, mrr@10, map@100, recall@1, recall@5, recall@10, recall@1");
  EXPECT_ERROR(parse_validation_metric("retrieval:data/faq/nDCG10", kTasks),
               "evaluation.metric nDCG10: no task has this metric; did you mean \"ndcg@10\"?");
  EXPECT_ERROR(parse_validation_metric("sts13/cosine_spearman", kTasks),
               "evaluation.metric: sts13/cosine_spearman, but evaluation.task does not name sts13");
  EXPECT_ERROR(parse_validation_metric("val_loss_angel", kTasks),
               "evaluation.metric val_loss_angel: unknown loss", "did you mean \"val_loss_angle\"?",
               "val_loss_in_batch");
}

TEST(ValidationMetric, IsCheckedEvenWhereNothingIsMeasured) {
  for (const char* name : {"cosine_spearman", "ndcg@10", "v_measure"})
    EXPECT_NO_THROW(parse_validation_metric(name, {})) << name;
  EXPECT_ERROR(parse_validation_metric("cosine_spaerman", {}), "did you mean \"cosine_spearman\"?");
}

}  // namespace
}  // namespace angle
