// Pins: which training files are recognised as a task's data; what a report then says about which split; when
// test_not_in_stsb is scored too.
#include "angle/eval/contamination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json trained_on(const std::vector<std::string>& paths) {
  json config = {{"data", {{"train", json::array()}}}};
  for (const std::string& path : paths) config["data"]["train"].push_back({{"path", path}});
  return config;
}

std::vector<std::string> notes(const std::string& path, const std::string& task, const std::string& split) {
  return contamination_notes(seen_in_training(trained_on({path})), find_task(task), split);
}

TEST(SeenInTraining, RecognisesTaskDataByDirectoryAndFile) {
  const auto seen = seen_in_training(
      trained_on({"stsb/train.tsv", "/data/mrpc/train.jsonl.gz", "nli/triples.jsonl.gz", "train.tsv"}));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].task + " " + seen[0].split, "stsb train");
  EXPECT_EQ(seen[1].task + " " + seen[1].split, "mrpc train");
}

TEST(SeenInTraining, TellsOfEarlierStagesAndNotOfWhatHadNoWeight) {
  json config = trained_on({"mrpc/train.tsv", "sts12/test.tsv"});
  config["data"]["train"][1]["weight"] = 0.0;
  config["trained_before"] = {{{"path", "stsb/train.tsv"}, {"weight", 0.5}}, {{"path", "mrpc/train.tsv"}}};
  const auto seen = seen_in_training(config);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].task + " " + seen[0].split, "stsb train");
  EXPECT_EQ(seen[1].task + " " + seen[1].split, "mrpc train");
  EXPECT_EQ(clean_split(seen, find_task("sts12"), "test"), "test_not_in_stsb");
  EXPECT_EQ(training_history(config).size(), 3u);
}

TEST(SeenInTraining, IsNothingWithoutAConfiguration) {
  EXPECT_THAT(seen_in_training(json()), IsEmpty());
  EXPECT_THAT(seen_in_training(json::parse(R"({"data": 1})")), IsEmpty());
  EXPECT_THAT(seen_in_training(json::parse(R"({"data": {"train": [{"path": 3}, 4]}})")), IsEmpty());
}

TEST(ContaminationNotes, CountThePairsThatTwoDataSetsShare) {
  EXPECT_THAT(
      notes("stsb/train.tsv", "sts14", "test"),
      ElementsAre(
          "1861 of the 3750 pairs are also in STS-B's training split, on which the model was trained"));
  EXPECT_THAT(notes("stsb/train.tsv", "mrpc", "test"), ElementsAre(HasSubstr("499 of the 1725")));
  EXPECT_THAT(notes("mrpc/train.tsv", "sts12", "test"), ElementsAre(HasSubstr("all 750 MSRpar pairs")));
  EXPECT_THAT(notes("mrpc/train.tsv", "sts12", "test_not_in_stsb"),
              ElementsAre(HasSubstr("118 of the 1781")));
  EXPECT_THAT(notes("mrpc/train.tsv", "stsb", "test"), ElementsAre(HasSubstr("128 of the 1379")));
}

TEST(ContaminationNotes, AreEmptyForDataThatShareNothing) {
  EXPECT_THAT(notes("stsb/train.tsv", "stsb", "test"), IsEmpty());
  EXPECT_THAT(notes("stsb/train.tsv", "sts12", "test_not_in_stsb"), IsEmpty());
  EXPECT_THAT(notes("stsb/train.tsv", "qnli", "validation"), IsEmpty());
  EXPECT_THAT(notes("nli/triples.jsonl.gz", "sts12", "test"), IsEmpty());
}

TEST(ContaminationNotes, NameTrainingOnTheScoredSplitItself) {
  EXPECT_THAT(notes("stsb/test.tsv", "stsb", "test"),
              ElementsAre(HasSubstr("the model was trained on stsb/test")));
}

TEST(ContaminationNotes, WarnWithoutACountWhereNoneIsKnown) {
  EXPECT_THAT(notes("stsb/validation.tsv", "sts12", "test"),
              ElementsAre(HasSubstr("STS-B was cut from STS12-17")));
  EXPECT_THAT(notes("sts15/test.tsv", "stsb", "test"), ElementsAre(HasSubstr("may also be in sts15/test")));
}

TEST(CleanSplit, IsThePartOfSts12To16ThatStsbDoesNotHold) {
  const auto seen = seen_in_training(trained_on({"stsb/train.tsv"}));
  for (const char* task : {"sts12", "sts13", "sts14", "sts15", "sts16"})
    EXPECT_EQ(clean_split(seen, find_task(task), "test"), "test_not_in_stsb");
  EXPECT_EQ(clean_split(seen, find_task("sts12"), "test_not_in_stsb"), "");
  EXPECT_EQ(clean_split(seen, find_task("stsb"), "test"), "");
  EXPECT_EQ(clean_split(seen_in_training(trained_on({"mrpc/train.tsv"})), find_task("sts12"), "test"), "");
  EXPECT_EQ(clean_split({}, find_task("sts12"), "test"), "");
}

}  // namespace
}  // namespace angle
