// Pins: names, comma lists and groups select tasks, each once; the split scored by default; what an unknown
// name and a missing file say; which data are public; which scores can't be compared with published ones.
#include "angle/eval/tasks.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/cache_directory.h"
#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> selected(const std::vector<std::string>& names) {
  std::vector<std::string> tasks;
  for (const auto& [task, by_name] : select_tasks(names).tasks)
    tasks.push_back(task->name + (by_name ? "!" : ""));
  return tasks;
}

std::vector<std::string> groups(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const TaskGroup* group : select_tasks(names).groups) result.push_back(group->name);
  return result;
}

TEST(IsPublicData, KnowsWhatTheScriptFetches) {
  const std::string script = read_file(std::filesystem::path(ANGLE_SOURCE_DIR) / "scripts/fetch_data.sh");
  const size_t begin = script.find("\ntasks=(") + 8, end = script.find(')', begin);
  std::istringstream names(script.substr(begin, end - begin));
  int64_t fetched = 0;
  for (std::string name; names >> name; ++fetched) EXPECT_TRUE(is_public_data(name)) << name;
  EXPECT_GT(fetched, static_cast<int64_t>(all_tasks().size()));
  for (const char* name : {"", "..", "mine.tsv", "all"}) EXPECT_FALSE(is_public_data(name)) << name;
}

TEST(SelectTasks, TakesNamesAndCommaLists) {
  EXPECT_THAT(selected({"stsb"}), ElementsAre("stsb!"));
  EXPECT_THAT(selected({"sts13,sts12", "mrpc"}), ElementsAre("sts13!", "sts12!", "mrpc!"));
  EXPECT_THAT(selected({"stsb,,stsb,"}), ElementsAre("stsb!"));
  EXPECT_THAT(groups({"stsb"}), IsEmpty());
}

TEST(SelectTasks, ExpandsGroups) {
  EXPECT_THAT(selected({"sts"}), ElementsAre("sts12", "sts13", "sts14", "sts15", "sts16", "stsb", "sickr"));
  EXPECT_EQ(selected({"transfer"}), selected({"sts"}));
  EXPECT_THAT(selected({"non-transfer"}), ElementsAre("mrpc", "stsb", "qqp", "qnli", "gis"));
  EXPECT_EQ(selected({"all"}).size(), all_tasks().size());
  EXPECT_THAT(groups({"all"}), ElementsAre("sts", "non-transfer"));
  EXPECT_THAT(groups({"transfer,sts"}), ElementsAre("sts"));
}

TEST(SelectTasks, RemembersWhichTasksWereNamed) {
  EXPECT_THAT(selected({"non-transfer,qqp"}), ElementsAre("mrpc", "stsb", "qqp!", "qnli", "gis"));
}

TEST(SelectTasks, RefusesUnknownNamesWithTheNearest) {
  EXPECT_ERROR(select_tasks(std::vector<std::string>{"stsb,qnil"}), "--task qnil: unknown task",
               "did you mean \"qnli\"?", "gis");
  EXPECT_ERROR(select_tasks(std::vector<std::string>{"nontransfer"}), "did you mean \"non-transfer\"?");
  EXPECT_ERROR(select_tasks(std::vector<std::string>{","}), "--task: no task named");
  EXPECT_ERROR(find_task("sts", "evaluation.task"),
               "evaluation.task sts: a group of tasks, expected single ones: sts12, sts13, ");
  EXPECT_ERROR(select_tasks(std::vector<std::string>{"wikipedia"}),
               "; groups: sts, transfer, non-transfer, all; or a file");
  EXPECT_ERROR(select_tasks(std::vector<std::string>{"stsb/validation"}),
               "--task stsb/validation: the split has an option of its own: --task stsb --split validation");
  EXPECT_ERROR(find_task("wikipedia", "evaluation.task"), "evaluation.task wikipedia: unknown task (tasks:",
               "gis; or a file; or own data, as retrieval:DIR)");
  EXPECT_ERROR(find_task("nontransfer", "tasks"), "tasks nontransfer: unknown task (tasks:");
}

TEST(SelectTasks, SaysHowDataOfOnesOwnAreATask) {
  const testing::TempDir directory;
  const std::string path = directory.path().string();
  EXPECT_ERROR(select_tasks(std::vector<std::string>{path}), "--task " + path + ": a directory, not a task",
               "pairs:" + path, "retrieval:" + path, "classify:" + path);
  const std::string file = directory.file("mine.txt", "a\tb\t1\n").string();
  EXPECT_ERROR(select_tasks(std::vector<std::string>{file}), "mine.txt: not a file of scored pairs", ".tsv",
               "pairs:FILE");
}

TEST(Tasks, HaveTheSplitsThatTheFieldScores) {
  for (const char* name : {"qqp", "qnli"}) EXPECT_EQ(find_task(name).default_split(), "validation");
  for (const char* name : {"sts12", "sts16", "stsb", "sickr", "mrpc", "gis"})
    EXPECT_EQ(find_task(name).default_split(), "test");
  EXPECT_EQ(find_task("mrpc").labels, LabelKind::binary);
  EXPECT_EQ(find_task("sickr").labels, LabelKind::graded);
}

TEST(TaskFile, LiesInTheDirectoryOfItsTask) {
  EXPECT_EQ(task_file("data", find_task("qnli")), "data/qnli/validation.tsv");
  EXPECT_EQ(task_file("data", find_task("stsb"), "train"), "data/stsb/train.tsv");
}

TEST(MissingFileMessage, SaysWhatIsThereAndHowToGetTheRest) {
  const testing::TempDir directory;
  const TaskSpec& mrpc = find_task("mrpc");
  const auto file = task_file(directory.path(), mrpc);
  EXPECT_THAT(missing_file_message(file, mrpc),
              AllOf(HasSubstr(file.string() + ": no such file; `scripts/fetch_data.sh mrpc` fetches MRPC")));

  directory.file("mrpc/validation.tsv", "");
  directory.file("mrpc/train.tsv", "");
  directory.file("mrpc/notes.txt", "");
  EXPECT_THAT(missing_file_message(file, mrpc), HasSubstr("(splits there: train, validation)"));
}

TEST(MissingFileMessage, SaysWhichSplitsThereAreOfASetThatHasNoSuchSplit) {
  const auto message = [](const char* task, const char* split) {
    return missing_file_message(task_file("data", find_task(task), split), find_task(task));
  };
  EXPECT_EQ(message("sickr", "validation"),
            "data/sickr/validation.tsv: no such file: SICK-R has no split \"validation\" (its splits: test)");
  for (const char* split : {"dev", "val", "validatoin"})
    EXPECT_THAT(message("stsb", split),
                AllOf(HasSubstr("; did you mean \"validation\"? (its splits: test, validation, train)"),
                      Not(HasSubstr("fetch"))));
  EXPECT_THAT(message("mrpc", "dev"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(message("qqp", "train"), HasSubstr("`scripts/fetch_data.sh qqp` fetches QQP"));
}

TEST(WhereToFetch, SaysHowDataComeIntoAnotherDirectoryThanTheUsualOne) {
  EXPECT_EQ(where_to_fetch("/my/data"), " (to /my/data with ANGLE_DATA_DIR=/my/data before the command)");
  EXPECT_EQ(where_to_fetch(data_directory()), "");
}

TEST(SplitRemark, TellsSickOfMtebFromThatOfSentEval) {
  EXPECT_EQ(split_remark(find_task("sickr"), "test", 4927), "");
  EXPECT_THAT(split_remark(find_task("sickr"), "test", 9927), HasSubstr("MTEB"));
}

TEST(SplitRemark, SaysWhenTheNumberOfPairsIsNotTheKnownOne) {
  EXPECT_EQ(split_remark(find_task("stsb"), "test", 1379), "");
  EXPECT_THAT(split_remark(find_task("stsb"), "test", 10),
              AllOf(HasSubstr("expected 1379 pairs, found 10"), Not(HasSubstr("1500"))));
  EXPECT_EQ(split_remark(find_task("stsb"), "my_split", 10), "");
}

}  // namespace
}  // namespace angle
