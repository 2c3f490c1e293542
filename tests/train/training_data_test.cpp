// Training data:
//  - a relative path is looked up in the data directory, then beside the configuration, an absolute one is
//    taken as it is; a missing one names every place and says how to get it;
//  - every data set has its format, length, prompts, weight, ignored fields and checksum;
//  - what is wrong is told of all files together;
//  - in-batch negatives without a single positive pair are an error;
//  - so are labels that are all the same when pairs are only ranked by them, and labels that regression has
//    no score for;
//  - small files are in memory, larger ones in their file, with the same examples, labels and checksum;
//  - what does not fit the model is refused for its saturation as for its training (trainer_test.cpp);
//  - data sets are mixed as the configuration says; with duplicates dropped, batches stay full;
//  - the description of the data changes when a file's bytes or number of rows do, not when it moves.

#include "angle/train/training_data.h"

#include <set>

#include <gtest/gtest.h>

#include "angle/train/data_saturation.h"

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using testing::TempDir;

constexpr const char* kPairsFile = "sentence1\tsentence2\tscore\na cat\ta dog\t1\na\tb\t4.5\n";

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

TEST(FindDataFile, LooksBesideTheStudyLast) {
  const TempDir configs, studies;
  const DataPlaces places{.data_dir = {}, .config_dir = configs.path(), .study_dir = studies.path()};
  const auto beside_study = studies.file("mine.tsv", "");
  EXPECT_EQ(find_data_file("mine.tsv", places), beside_study);
  const auto beside_config = configs.file("mine.tsv", "");
  EXPECT_EQ(find_data_file("mine.tsv", places), beside_config);
  EXPECT_ERROR(find_data_file("absent.tsv", places), "beside the configuration in " + configs.path().string(),
               " nor beside the study in " + studies.path().string());
}

TEST(FindDataFile, NamesNoDetourThroughTheConfiguration) {
  const TempDir directory;
  const auto file = directory.file("data/x.tsv", "");
  directory.file("configs/run.json", "");
  EXPECT_EQ(find_data_file("../data/x.tsv", {.data_dir = {}, .config_dir = directory.path() / "configs"}),
            file);
}

TEST(FindDataFile, NamesEveryPlaceItLooked) {
  EXPECT_ERROR(find_data_file("stsb/train.tsv", {.data_dir = "/no/data", .config_dir = "/no/configs"}),
               "stsb/train.tsv: no such data file", "/no/data", "/no/configs");
  EXPECT_ERROR(
      find_data_file("absent.tsv", {.data_dir = "/no/data", .config_dir = {}}),
      "neither in the data directory /no/data nor in the working directory; correct the path, or name");
  EXPECT_ERROR(find_data_file("/absent.tsv", {.data_dir = "/no/data", .config_dir = "/no/configs"}),
               "/absent.tsv: no such data file; correct the path");
}

TEST(FindDataFile, SaysHowToGetTheFile) {
  const DataPlaces places{.data_dir = "/no/data", .config_dir = "/no/configs"};
  EXPECT_ERROR(
      find_data_file("qqp/train.tsv", places),
      "; `scripts/fetch_data.sh qqp` fetches qqp (to /no/data with ANGLE_DATA_DIR=/no/data before the "
      "command), --data-dir names another");
  EXPECT_ERROR(find_data_file("nli/train.tsv", places), "`scripts/fetch_data.sh nli`");
  for (const char* path : {"../runs/recorded/plain.jsonl", "mine.tsv"})
    EXPECT_ERROR(find_data_file(path, places),
                 "; correct the path, name another directory with --data-dir, or "
                 "make the file first: the description of the configuration");
}

TEST(LoadTrainingSets, ReadsEveryFormat) {
  const TempDir directory;
  directory.file("scored.tsv", kPairsFile);
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
  directory.file("scored.tsv", kPairsFile);
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

TEST(LoadTrainingSets, NeedsAPositivePairByTheThresholdOfTheDataSet) {
  const TempDir directory;
  directory.file("scored.tsv", kPairsFile);
  directory.file("binary.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t1\na\tb\t0\n");
  const auto load = [&](double threshold) {
    return load_training_sets(
        config_of({{.path = "scored.tsv"}, {.path = "binary.tsv", .positive_threshold = threshold}}), 64,
        {.data_dir = directory.path(), .config_dir = {}});
  };
  const auto sets = load(1);
  EXPECT_FALSE(sets[0].positive_threshold);
  EXPECT_EQ(sets[1].positive_threshold, 1);
  EXPECT_ERROR(load(2), "binary.tsv: no label reaches its positive_threshold 2 (the highest is 1)");
  EXPECT_ERROR(load_training_sets(config_of({{.path = "binary.tsv"}}), 64,
                                  {.data_dir = directory.path(), .config_dir = {}}),
               "no label reaches loss.positive_threshold 4",
               "give the data set a positive_threshold of its own");
}

TEST(LoadTrainingSets, PassesOnWhatIsWrongWithAFile) {
  const TempDir directory;
  directory.file("scored.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\tmany\n");
  EXPECT_ERROR(load_training_sets(config_of({{.path = "scored.tsv"}}), 64,
                                  {.data_dir = directory.path(), .config_dir = {}}),
               "scored.tsv:2", "many");
}

TEST(LoadTrainingSets, TellsWhatIsWrongWithAllFiles) {
  const TempDir directory;
  directory.file("bad.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\tmany\n");
  directory.file("low.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t1\n");
  EXPECT_ERROR(load_training_sets(config_of({{.path = "bad.tsv"}, {.path = "low.tsv"}, {.path = "no.tsv"}}),
                                  64, {.data_dir = directory.path(), .config_dir = {}}),
               "bad.tsv:2", "low.tsv: no label reaches", "no.tsv: no such data file");
}

TEST(LoadTrainingSets, RefusesADirectory) {
  const TempDir directory;
  std::filesystem::create_directory(directory.path() / "x.tsv");
  EXPECT_ERROR(load_training_sets(config_of({{.path = "x.tsv"}}), 16, {.data_dir = directory.path()}),
               "x.tsv: a directory, not a file");
}

TEST(LoadTrainingSets, NeedsLabelsThatDifferForRanking) {
  const TempDir directory;
  directory.file("scored.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t4.5\na\tb\t4.5\n");
  const DataPlaces places{.data_dir = directory.path(), .config_dir = {}};
  TrainConfig config = config_of({{.path = "scored.tsv"}});
  EXPECT_NO_THROW(load_training_sets(config, 64, places));
  config.loss.in_batch_weight = 0;
  for (const int64_t most_bytes : {1000, 0})
    EXPECT_ERROR(load_training_sets(config, 64, places, {.most_bytes_in_memory = most_bytes}),
                 "scored.tsv: every label is 4.5", "nothing to rank", "expected labels that differ");
  directory.file("scored.tsv", kPairsFile);
  EXPECT_NO_THROW(load_training_sets(config, 64, places));
}

TEST(LoadTrainingSets, NeedsLabelsOnTheScaleOfRegression) {
  const TempDir directory;
  directory.file("scored.tsv", kPairsFile);
  directory.file("equal.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t4.5\na\tb\t4.5\n");
  const DataPlaces places{.data_dir = directory.path(), .config_dir = {}};
  const auto load = [&](const std::string& file, std::vector<double> labels) {
    TrainConfig config = config_of({{.path = file}});
    config.loss.in_batch_weight = 0;
    config.loss.cosine_objective = CosineObjective::regression;
    config.loss.regression_labels = std::move(labels);
    return load_training_sets(config, 64, places);
  };
  EXPECT_NO_THROW(load("scored.tsv", {1, 4.5}));
  EXPECT_NO_THROW(load("equal.tsv", {0, 5}));  // each pair is learned from alone
  EXPECT_ERROR(load("scored.tsv", {0, 4}),
               "scored.tsv: labels are from 1 to 4.5, outside of loss.regression_labels [0, 4]");
  EXPECT_ERROR(load("scored.tsv", {2, 5}), "labels are from 1 to 4.5, outside");

  TrainConfig config = config_of({{.path = "equal.tsv"}, {.path = "scored.tsv", .weight = 0}});
  config.loss.in_batch_weight = 0;
  config.loss.cosine_objective = CosineObjective::regression;
  config.loss.regression_labels = {4, 5};
  EXPECT_NO_THROW(load_training_sets(config, 64, places)) << "what is not trained on needs no score";
}

TEST(LoadTrainingSets, LeavesLargeFilesOnTheDisk) {
  const TempDir directory;
  directory.file("scored.tsv", kPairsFile);
  const DataPlaces places{.data_dir = directory.path(), .config_dir = {}};
  const TrainConfig config = config_of({{.path = "scored.tsv", .label_scale = {0, 5}}});
  std::vector<std::string> notes;
  const auto load = [&](int64_t most_bytes) {
    return load_training_sets(config, 64, places,
                              {.most_bytes_in_memory = most_bytes,
                               .note = [&](const std::string& text) { notes.push_back(text); }});
  };
  const auto memory = load(1000), file = load(10);
  EXPECT_TRUE(memory[0].examples.in_memory());
  EXPECT_FALSE(file[0].examples.in_memory());
  EXPECT_EQ(describe_training_sets(file), describe_training_sets(memory));
  EXPECT_EQ(file[0].examples.label_range(), memory[0].examples.label_range());
  EXPECT_EQ(notes.size(), 1u);
  TrainConfig high = config;
  high.loss.positive_threshold = 4.6;
  std::vector<TrainingSet> unused = load(1000);
  unused[0].weight = 0;
  EXPECT_NO_THROW(check_training_labels(unused, high.loss)) << "nothing is learned from these";
  EXPECT_ERROR(load_training_sets(high, 64, places, {.most_bytes_in_memory = 0}),
               "no label reaches loss.positive_threshold 4.6", "the highest is 4.5");
}

TEST(LoadTrainingSets, MixesAsTheConfigurationSays) {
  const TempDir directory;
  directory.file("a.tsv", kPairsFile);
  directory.file("b.tsv", kPairsFile);
  TrainConfig config = config_of({{.path = "a.tsv", .weight = 1}, {.path = "b.tsv", .weight = 3}});
  const auto rows_per_epoch = [&] {
    const auto sets = load_training_sets(config, 64, {.data_dir = directory.path(), .config_dir = {}});
    const Sampler sampler = make_sampler(config, sets);
    std::vector<size_t> rows(2);
    for (int64_t number = 0; number < sampler.batches_per_epoch(); ++number)
      rows[sampler.batch(number).data_set] += sampler.batch(number).rows.size();
    return rows;
  };
  EXPECT_EQ(rows_per_epoch(), (std::vector<size_t>{2, 6}));
  config.data.mixing = MixingRule::proportions;
  EXPECT_EQ(rows_per_epoch(), (std::vector<size_t>{1, 3}));
  config.data.rows_per_epoch = 400;
  EXPECT_EQ(rows_per_epoch(), (std::vector<size_t>{100, 300}));
}

TEST(LoadLossSets, TakesEachByItsWeight) {
  const TempDir directory;
  directory.file("a.tsv", kPairsFile);
  TrainConfig config = config_of({{.path = "a.tsv"}});
  config.evaluation.loss_data = {{.path = "a.tsv", .weight = 3}, {.path = "a.tsv", .weight = 0}};
  const auto sets = load_loss_sets(config, 64, {.data_dir = directory.path(), .config_dir = {}});
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0].weight, 3);
  EXPECT_EQ(sets[1].weight, 0);
}

TEST(MakeSampler, FillsBatchesWhenDuplicatesAreDropped) {
  const TempDir directory;
  std::string content = "query\tpositive\n";
  for (int i = 0; i < 60; ++i) content += "q" + std::to_string(i / 3) + "\tp" + std::to_string(i) + "\n";
  directory.file("pairs.tsv", content);
  TrainConfig config = config_of({{.path = "pairs.tsv", .format = DataFormat::pairs}});
  config.train.batch_size = 15;
  config.loss.duplicates = DuplicatePolicy::drop;
  for (const int64_t most_bytes : {1'000'000, 0}) {  // in memory, and in the file
    const auto sets = load_training_sets(config, 64, {.data_dir = directory.path(), .config_dir = {}},
                                         {.most_bytes_in_memory = most_bytes});
    const Sampler sampler = make_sampler(config, sets);
    for (int64_t number = 0; number < 12; ++number) {
      const SampledBatch batch = sampler.batch(number);
      EXPECT_EQ(batch.rows.size(), 15u);
      std::set<int64_t> queries;
      for (const int64_t row : batch.rows) EXPECT_TRUE(queries.insert(row / 3).second);
    }
  }
}

TEST(MakeSampler, TellsEqualTextsWithDifferentPromptsApart) {
  const TempDir directory;
  directory.file("pairs.tsv", "query\tpositive\nsame\tone\ntwo\tsame\n");
  TrainConfig config = config_of({{.path = "pairs.tsv", .format = DataFormat::pairs}});
  config.loss.duplicates = DuplicatePolicy::drop;
  const auto rows_of_first_batch = [&] {
    const auto sets = load_training_sets(config, 64, {.data_dir = directory.path(), .config_dir = {}});
    return make_sampler(config, sets).batch(0).rows.size();
  };
  EXPECT_EQ(rows_of_first_batch(), 1u);
  config.data.train[0].left_prompt = "query: ";
  EXPECT_EQ(rows_of_first_batch(), 2u);
}

TEST(CheckFitsModel, KeepsTheSaturationOfWhatAModelCannotHaveFromBeingMeasured) {
  const TempDir directory;
  directory.file("scored.tsv", kPairsFile);
  const TrainConfig config = config_of({{.path = "scored.tsv"}});
  const auto sets = load_training_sets(config, 64, {.data_dir = directory.path(), .config_dir = {}});
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  EXPECT_EQ(measure_data_saturation(model, sets, config).batches, 1);
  model.encoder.dense.push_back({Linear(32, 5), Activation::none});
  EXPECT_ERROR(measure_data_saturation(model, sets, config),
               "loss.angle_weight: ", "even number of dimensions, the model has 5");
}

TEST(DescribeTrainingSets, ChangesWithTheDataOnly) {
  const TempDir first, second;
  first.file("scored.tsv", kPairsFile);
  second.file("scored.tsv", kPairsFile);
  const auto describe = [](const TempDir& directory) {
    return describe_training_sets(load_training_sets(config_of({{.path = "scored.tsv"}}), 64,
                                                     {.data_dir = directory.path(), .config_dir = {}}));
  };
  const nlohmann::json before = describe(first);
  EXPECT_EQ(describe(second), before);
  EXPECT_EQ(before.at(0).at("rows"), 2);
  second.file("scored.tsv", std::string(kPairsFile) + "c\td\t2\n");
  EXPECT_NE(describe(second), before);
}

}  // namespace
}  // namespace angle
