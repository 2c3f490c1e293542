// Pins: tasks are a comma list, each with a split of its own or the common one, but for files and own data;
// each kind of task has its metrics, the main one first; a metric that no task has is an error with the
// nearest and all that there are.
#include "angle/eval/task_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "support/expect_error.h"

namespace angle {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(TaskNames, HaveTheCommonSplitUnlessTheySayAnother) {
  EXPECT_THAT(parse_task_names("stsb, sts12/test", "validation"),
              ElementsAre(TaskName{"stsb", "validation"}, TaskName{"sts12", "test"}));
  EXPECT_THAT(parse_task_names("stsb,", "train"), ElementsAre(TaskName{"stsb", "train"}));
  EXPECT_TRUE(parse_task_names("", "validation").empty());
}

TEST(TaskNames, OfFilesAndOwnDataHaveNoSplit) {
  EXPECT_THAT(parse_task_names("own/mine.tsv,pairs:own/mine.tsv,retrieval:/data/faq,stsb", "validation"),
              ElementsAre(TaskName{"own/mine.tsv", ""}, TaskName{"pairs:own/mine.tsv", ""},
                          TaskName{"retrieval:/data/faq", ""}, TaskName{"stsb", "validation"}));
}

TEST(TaskNames, OfRetrievalMayNameTheSplitInTheirPath) {
  const std::string dev = "retrieval:faq/qrels/dev.tsv";
  EXPECT_THAT(parse_task_names(dev, "validation"), ElementsAre(TaskName{dev, ""}));
  EXPECT_NO_THROW(check_task_name({dev, ""}, "evaluation.task"));
  EXPECT_EQ(metrics_of({dev, ""}).front(), "ndcg@10");
}

TEST(TaskNames, OfPathsWithoutAKindAreWhole) {
  EXPECT_THAT(parse_task_names("./faq,own/faq,/data/faq,../sts12/faq,stbs/test", "validation"),
              ElementsAre(TaskName{"./faq", ""}, TaskName{"own/faq", ""}, TaskName{"/data/faq", ""},
                          TaskName{"../sts12/faq", ""}, TaskName{"stbs", "test"}));
  for (const char* name : {"./faq", "own/faq", "/absent/faq"})
    EXPECT_ERROR(check_task_name({name, ""}, "evaluation.task"),
                 fmt::format("evaluation.task {}: a path, not a task; ", name),
                 fmt::format("pairs:{0}, retrieval:{0}, classify:{0} or cluster:{0}, and", name), ".jsonl");
}

TEST(TaskNames, AreCheckedWithoutLookingForFiles) {
  for (const char* name : {"stsb", "absent.tsv", "pairs:absent.tsv", "retrieval:/absent", "cluster:a"})
    EXPECT_NO_THROW(check_task_name({name, ""}, "tasks")) << name;
  EXPECT_ERROR(check_task_name({"stbs", ""}, "evaluation.task"),
               "evaluation.task stbs: unknown task; did you mean \"stsb\"?");
  EXPECT_ERROR(check_task_name({"retrival:x", ""}, "tasks"), "tasks retrival:x: unknown kind of task",
               "did you mean \"retrieval\"?");
  EXPECT_ERROR(check_task_name({"pairs:", ""}, "tasks"), "tasks pairs:: no path behind the colon");
}

TEST(Metrics, AreThoseOfTheKindOfTaskTheMainOneFirst) {
  const auto main = [](const char* task) { return metrics_of({task, ""}).front(); };
  EXPECT_EQ(main("stsb"), "cosine_spearman");
  EXPECT_EQ(main("mine.tsv"), "cosine_spearman");
  EXPECT_EQ(main("pairs:mine.tsv"), "cosine_average_precision");
  EXPECT_EQ(main("retrieval:faq"), "ndcg@10");
  EXPECT_EQ(main("classify:topics"), "logistic_regression_accuracy");
  EXPECT_EQ(main("cluster:topics.tsv"), "v_measure");
  EXPECT_THAT(metrics_of({"stsb", "test"}), SizeIs(10));
  EXPECT_THAT(metrics_of({"stsb", "test"}), Contains("angle_pearson"));
  EXPECT_THAT(metrics_of({"retrieval:faq", ""}), Contains("recall@100"));
}

TEST(Metrics, ThatNoTaskHasAreNamedWithThoseThatThereAre) {
  const std::vector<TaskName> tasks = {{"stsb", "test"}, {"sts12", "test"}, {"retrieval:faq", ""}};
  EXPECT_NO_THROW(require_metric("mrr@10", tasks, "metric"));
  EXPECT_NO_THROW(require_metric("dot_pearson", tasks, "metric"));
  EXPECT_ERROR(require_metric("ndgc@10", tasks, "evaluation.metric"),
               "evaluation.metric ndgc@10: no task has this metric; did you mean \"ndcg@10\"? (metrics of ",
               "of stsb, sts12: cosine_spearman, cosine_pearson, ", "of retrieval:faq: ndcg@10, mrr@10, ");
  EXPECT_ERROR(require_metric("ndcg@10", std::vector<TaskName>{{"stsb", "test"}}, "metric"),
               "metric ndcg@10: no task has this metric", "(metrics of stsb: cosine_spearman, ");
}

}  // namespace
}  // namespace angle
