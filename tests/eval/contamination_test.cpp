// Pins: which files a model was trained on are recognised as a task's data; what its best step was chosen on;
// what a report then says about which split; when test_not_in_stsb is scored too; that a file of the user's
// own is told by where a path leads to, by its bytes, and else, as a guess, by its name.
#include "angle/eval/contamination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

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

json selected_on(const json& evaluation) { return {{"evaluation", evaluation}}; }

std::vector<std::string> splits(const json& train_config) {
  std::vector<std::string> splits;
  for (const auto& [task, split, use] : seen_splits(train_config))
    splits.push_back(task + "/" + split + (use == SplitUse::selection ? " selection" : " training"));
  return splits;
}

std::vector<std::string> notes(const std::string& path, const std::string& task, const std::string& split) {
  return contamination_notes(seen_splits(trained_on({path})), find_task(task), split);
}

TEST(SeenSplits, RecognisesTaskDataByDirectoryAndFile) {
  const auto seen = seen_splits(
      trained_on({"stsb/train.tsv", "/data/mrpc/train.jsonl.gz", "nli/triples.jsonl.gz", "train.tsv"}));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].task + " " + seen[0].split, "stsb train");
  EXPECT_EQ(seen[1].task + " " + seen[1].split, "mrpc train");
}

TEST(SeenSplits, TellsOfEarlierStagesAndNotOfWhatHadNoWeight) {
  json config = trained_on({"mrpc/train.tsv", "sts12/test.tsv"});
  config["data"]["train"][1]["weight"] = 0.0;
  config["trained_before"] = {{{"path", "stsb/train.tsv"}, {"weight", 0.5}}, {{"path", "mrpc/train.tsv"}}};
  const auto seen = seen_splits(config);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].task + " " + seen[0].split, "stsb train");
  EXPECT_EQ(seen[1].task + " " + seen[1].split, "mrpc train");
  EXPECT_EQ(clean_split(seen, find_task("sts12"), "test"), "test_not_in_stsb");
  EXPECT_EQ(training_history(config).size(), 3u);
}

TEST(SeenSplits, IsNothingWithoutAConfiguration) {
  EXPECT_THAT(seen_splits(json()), IsEmpty());
  EXPECT_THAT(seen_splits(json::parse(R"({"data": 1})")), IsEmpty());
  EXPECT_THAT(seen_splits(json::parse(R"({"data": {"train": [{"path": 3}, 4]}})")), IsEmpty());
}

TEST(SeenSplits, TellWhatTheBestStepWasChosenOn) {
  json evaluation = {{"task", "stsb, sts12/test,mine.tsv,/data/gis/validation.tsv"},
                     {"split", "validation"},
                     {"metric", "cosine_spearman"},
                     {"loss_data", {{{"path", "mrpc/train.tsv"}}}}};
  EXPECT_THAT(splits(selected_on(evaluation)),
              ElementsAre("stsb/validation selection", "sts12/test selection", "gis/validation selection"));
  evaluation["metric"] = "sts12/angle_pearson";
  EXPECT_THAT(splits(selected_on(evaluation)), ElementsAre("sts12/test selection"));
  evaluation["metric"] = "val_loss_angle";
  EXPECT_THAT(splits(selected_on(evaluation)), ElementsAre("mrpc/train selection"));
  evaluation["task"] = "stsb,val_loss.tsv";
  evaluation["metric"] = "val_loss.tsv/cosine_spearman";
  EXPECT_THAT(splits(selected_on(evaluation)), IsEmpty()) << "a score on a file, not a loss";
  EXPECT_THAT(splits(selected_on({{"task", ""}, {"metric", "cosine_spearman"}})), IsEmpty());

  json own = {{"task", "stsb,retrieval:faq,pairs:data/mrpc,pairs:gis/train.tsv"}, {"split", "validation"}};
  own["metric"] = "ndcg@10";
  EXPECT_THAT(splits(selected_on(own)), IsEmpty()) << "stsb has no such score";
  own["metric"] = "cosine_average_precision";
  EXPECT_THAT(splits(selected_on(own)), ElementsAre("mrpc/test selection", "gis/train selection"));
  own["task"] = "unheard:of";
  EXPECT_THAT(splits(selected_on(own)), IsEmpty());
  EXPECT_THAT(splits(selected_on({{"task", 3}, {"metric", json::array()}})), IsEmpty());
}

TEST(ContaminationNotes, SayThatTheModelWasSelectedOnPairsThatAreScored) {
  const auto seen = seen_splits(selected_on({{"task", "stsb"}, {"split", "validation"}}));
  EXPECT_THAT(
      contamination_notes(seen, find_task("sts15"), "test"),
      ElementsAre(
          "580 of the 3000 pairs are also in STS-B's validation split, on which the model's best step "
          "was chosen"));
  EXPECT_THAT(contamination_notes(seen, find_task("stsb"), "validation"),
              ElementsAre(HasSubstr("the model's best step was chosen on stsb/validation")));
  EXPECT_THAT(contamination_notes(seen, find_task("stsb"), "test"), IsEmpty());
  EXPECT_THAT(contamination_notes(seen, find_task("sts15"), "test_not_in_stsb"), IsEmpty());
  EXPECT_EQ(clean_split(seen, find_task("sts15"), "test"), "") << "it was not trained on it";
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
  EXPECT_THAT(notes("stsb/test.tsv", "sts12", "test"), ElementsAre(HasSubstr("STS-B was cut from STS12-17")));
  EXPECT_THAT(notes("sts15/test.tsv", "stsb", "test"), ElementsAre(HasSubstr("may also be in sts15/test")));
}

constexpr auto kTrainedOnIt = "the model was trained on this file: a score on the same pairs tells nothing";

std::vector<std::string> file_notes(const json& train_config, const std::filesystem::path& file,
                                    const std::filesystem::path& data_dir = {}) {
  return own_file_notes(seen_files(train_config), file, data_dir);
}

TEST(OwnFileNotes, TellAFileByWhereAPathLeadsTo) {
  const testing::TempDir data;
  const auto file = data.file("own/pairs.tsv", "a\tb\t1\n"), other = data.file("own/other.tsv", "c\td\t1\n");
  EXPECT_THAT(file_notes(trained_on({file.string()}), data.path() / "own/../own/pairs.tsv"),
              ElementsAre(HasSubstr(kTrainedOnIt)));
  EXPECT_THAT(file_notes(trained_on({"own/pairs.tsv", file.string()}), file, data.path()),
              ElementsAre(HasSubstr(kTrainedOnIt)))
      << "once";
  EXPECT_THAT(file_notes(trained_on({"own/pairs.tsv"}), other, data.path()), IsEmpty());
  EXPECT_THAT(
      file_notes(selected_on({{"task", file.string() + ",stsb"}, {"metric", "cosine_spearman"}}), file),
      ElementsAre("the model's best step was chosen on this file: a score on the same pairs is too "
                  "high"));
  EXPECT_THAT(file_notes(json(), file), IsEmpty());
}

TEST(OwnFileNotes, TellAFileByItsBytes) {
  const testing::TempDir data;
  const auto file = data.file("pairs.tsv", "a\tb\t1\n"), copy = data.file("copy.tsv", "a\tb\t1\n"),
             other = data.file("other.tsv", "a\tb\t2\n");
  EXPECT_THAT(file_notes(trained_on({file.string()}), copy), ElementsAre(HasSubstr(kTrainedOnIt)));
  EXPECT_THAT(file_notes(trained_on({file.string()}), other), IsEmpty());
}

TEST(OwnFileNotes, GuessByTheNameOfAFileThatIsElsewhere) {
  const testing::TempDir data;
  const auto file = data.file("own/pairs.tsv", "a\tb\t1\n");
  for (const char* seen : {"pairs.tsv", "../own/pairs.tsv"})
    EXPECT_THAT(file_notes(trained_on({seen}), file),
                ElementsAre(HasSubstr(std::string("trained on ") + seen + ", which may be this file: ")));
  for (const char* seen : {"irs.tsv", "other/pairs.tsv", "pairs.tsv.gz", "/own/pairs.tsv"})
    EXPECT_THAT(file_notes(trained_on({seen}), file), IsEmpty()) << seen;
}

TEST(OwnDataNotes, AreOfTheFileThatIsScored) {
  const testing::TempDir data;
  data.file("own/test.csv", "a,b,1\n");
  data.file("own/train.csv", "c,d,1\n");
  const OwnDataTask task{OwnDataKind::pairs, data.path() / "own", "pairs:own"};
  const auto notes_after = [&](const json& train_config) {
    return own_data_notes(seen_files(train_config), task, data.path());
  };
  EXPECT_THAT(notes_after(trained_on({"own/train.csv"})), IsEmpty());
  EXPECT_THAT(notes_after(trained_on({"own/test.csv"})), ElementsAre(HasSubstr(kTrainedOnIt)));
  const json selected = selected_on({{"task", "pairs:own"}, {"metric", "cosine_average_precision"}});
  EXPECT_THAT(notes_after(selected), ElementsAre(HasSubstr("best step was chosen on this file")));
  EXPECT_THAT(own_data_notes(seen_files(selected), task, {}),
              ElementsAre(HasSubstr("chosen on own, which may be this file")));
  const OwnDataTask cluster{OwnDataKind::cluster, data.path() / "own/test.csv", "cluster:own/test.csv"};
  EXPECT_THAT(own_data_notes(seen_files(trained_on({"own/test.csv"})), cluster, data.path()), IsEmpty());
}

TEST(CleanSplit, IsThePartOfSts12To16ThatStsbDoesNotHold) {
  const auto seen = seen_splits(trained_on({"stsb/train.tsv"}));
  for (const char* task : {"sts12", "sts13", "sts14", "sts15", "sts16"})
    EXPECT_EQ(clean_split(seen, find_task(task), "test"), "test_not_in_stsb");
  EXPECT_EQ(clean_split(seen, find_task("sts12"), "test_not_in_stsb"), "");
  EXPECT_EQ(clean_split(seen, find_task("stsb"), "test"), "");
  EXPECT_EQ(clean_split(seen_splits(trained_on({"mrpc/train.tsv"})), find_task("sts12"), "test"), "");
  EXPECT_EQ(clean_split({}, find_task("sts12"), "test"), "");
}

}  // namespace
}  // namespace angle
