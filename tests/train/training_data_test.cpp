// Training data:
//  - a relative path is looked up in the data directory, then beside the configuration, an absolute one is
//    taken as it is; a missing one names every place;
//  - every data set has its format, length, prompts, weight, ignored fields and checksum;
//  - in-batch negatives without a single positive pair are an error;
//  - the description of the data changes when a file's bytes or number of rows do, not when it moves.

#include "angle/train/training_data.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using testing::TempDir;

constexpr const char* kPairs = "sentence1\tsentence2\tscore\na cat\ta dog\t1\na\tb\t4.5\n";

TrainConfig config_of(std::vector<DataSetConfig> sets) {
  TrainConfig config;
  config.data.train = std::move(sets);
  config.loss.positive_threshold = 4;
  return config;
}

TEST(FindDataFile, LooksInTheDataDirectoryThenBesideTheConfiguration) {
  const TempDir data, beside;
  const auto own = beside.file("train.tsv", "");
  const DataPlaces places{.data_dir = data.path(), .config_dir = beside.path()};
  EXPECT_EQ(find_data_file("train.tsv", places), own);
  const auto first = data.file("train.tsv", "");
  EXPECT_EQ(find_data_file("train.tsv", places), first);
  EXPECT_EQ(find_data_file(own.string(), places), own);
}

TEST(FindDataFile, NamesEveryPlaceItLooked) {
  EXPECT_ERROR(find_data_file("stsb/train.tsv", {.data_dir = "/no/data", .config_dir = "/no/configs"}),
               "stsb/train.tsv: no such data file", "/no/data", "/no/configs", "scripts/fetch_data.sh",
               "--data-dir");
  EXPECT_ERROR(find_data_file("/absent.tsv", {.data_dir = "/no/data", .config_dir = "/no/configs"}),
               "/absent.tsv");
}

TEST(LoadTrainingSets, ReadsEveryFormat) {
  const TempDir directory;
  directory.file("scored.tsv", kPairs);
  directory.file("pairs.csv", "query,positive,source\nwho,\"a, b\",x\n");
  directory.file("triplets.jsonl", "{\"anchor\":\"a\",\"positive\":\"b\",\"negative\":[\"c\",\"d\"]}\n");
  const TrainConfig config = config_of({{.path = "scored.tsv", .format = DataFormat::scored_pairs},
                                        {.path = "pairs.csv",
                                         .format = DataFormat::pairs,
                                         .weight = 0.5,
                                         .left_prompt = "query: ",
                                         .right_prompt = "passage: "},
                                        {.path = "triplets.jsonl", .format = DataFormat::triplets}});
  const auto sets = load_training_sets(config, 77, {.data_dir = directory.path(), .config_dir = {}});
  ASSERT_EQ(sets.size(), 3u);
  EXPECT_EQ(sets[0].format(), DataFormat::scored_pairs);
  EXPECT_EQ(num_examples(sets[0].examples), 2);
  EXPECT_EQ(sets[1].format(), DataFormat::pairs);
  EXPECT_EQ(sets[1].weight, 0.5);
  EXPECT_EQ(sets[1].ignored_fields, 1);
  EXPECT_EQ(sets[1].encode.left_prompt, "query: ");
  EXPECT_EQ(sets[1].encode.right_prompt, "passage: ");
  EXPECT_EQ(sets[2].format(), DataFormat::triplets);
  for (const TrainingSet& set : sets) {
    EXPECT_EQ(set.encode.max_seq_length, 77);
    EXPECT_EQ(set.checksum.size(), 32u);
  }
}

TEST(LoadTrainingSets, NeedsAPositivePairForInBatchNegatives) {
  const TempDir directory;
  directory.file("scored.tsv", kPairs);
  const DataPlaces places{.data_dir = directory.path(), .config_dir = {}};
  TrainConfig config = config_of({{.path = "scored.tsv"}});
  EXPECT_NO_THROW(load_training_sets(config, 64, places));
  config.loss.positive_threshold = 4.5;  // at least, not above
  EXPECT_NO_THROW(load_training_sets(config, 64, places));
  config.loss.positive_threshold = 4.6;
  EXPECT_ERROR(load_training_sets(config, 64, places), "scored.tsv",
               "no label reaches loss.positive_threshold 4.6", "the highest is 4.5",
               "loss.in_batch_weight to 0");
  config.loss.in_batch_weight = 0;
  EXPECT_NO_THROW(load_training_sets(config, 64, places));
}

TEST(LoadTrainingSets, PassesOnWhatIsWrongWithAFile) {
  const TempDir directory;
  directory.file("scored.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\tmany\n");
  EXPECT_ERROR(load_training_sets(config_of({{.path = "scored.tsv"}}), 64,
                                  {.data_dir = directory.path(), .config_dir = {}}),
               "scored.tsv:2", "many");
}

TEST(DescribeTrainingSets, ChangesWithTheDataOnly) {
  const TempDir first, second;
  first.file("scored.tsv", kPairs);
  second.file("scored.tsv", kPairs);
  const auto describe = [](const TempDir& directory) {
    return describe_training_sets(load_training_sets(config_of({{.path = "scored.tsv"}}), 64,
                                                     {.data_dir = directory.path(), .config_dir = {}}));
  };
  const nlohmann::json before = describe(first);
  EXPECT_EQ(describe(second), before);
  EXPECT_EQ(before.at(0).at("rows"), 2);
  second.file("scored.tsv", std::string(kPairs) + "c\td\t2\n");
  EXPECT_NE(describe(second), before);
}

}  // namespace
}  // namespace angle
