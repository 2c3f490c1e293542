// Validation:
//  - losses are those of training on the same data without dropout, whatever the chunks, each term by name;
//  - over several tasks a score is the mean of those that have it, or that of the one named; the rest is told
//    beside it;
//  - on own data the scores are those of `angle eval`; what is wrong with the files of all tasks is told at
//    once, and what becomes of them during the run (but for a corpus) changes nothing;
//  - a task whose labels are all the same can't decide;
//  - a correlation is better when higher, a loss when lower; one that is not defined is never better;
//  - told to stop, it stops before the next batch, whatever is measured;
//  - the angle similarity is the variant that is trained;
//  - measured on the bytes of a file that is trained on, whatever its name, it says so;
//  - measured on another file that has some of the pairs that are trained on, it says how many;
//  - everything that is read is described by file, rows, checksum and what it is used for.

#include "angle/train/validation.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/data/reader.h"
#include "angle/embed/embedder.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/sts.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/own_data.h"
#include "support/temp_dir.h"
#include "train/tiny_run.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using testing::source_file;
using testing::TempDir;
using testing::tiny_config;
using ::testing::UnorderedElementsAre;

const std::string kPairLines =
    R"([{"path":"../data/samples/pairs_train.tsv","format":"scored_pairs","label_scale":[0,5]}])";

class ValidationTest : public ::testing::Test {
 protected:
  std::map<std::string, double> losses(const std::vector<std::string>& set) {
    const TrainConfig config = tiny_config(set);
    return validation_losses(model, load_loss_sets(config, model.max_seq_length, places), config);
  }

  Validation validation(const std::vector<std::string>& set, ValidationData data = {}) {
    const TrainConfig config = tiny_config(set);
    data.loss_sets = load_loss_sets(config, model.max_seq_length, places);
    return {config, std::move(data)};
  }

  /// Two tasks with different pairs.
  static ValidationData two_tasks() {
    return {.tasks = {{"stsb", "validation", source_file("data/samples/pairs_validation.tsv")},
                      {"sts12", "test", source_file("data/samples/pairs_train.tsv")}}};
  }

  DataPlaces places{.data_dir = "", .config_dir = source_file("configs")};
  Model model = load_model(testing::golden_path("models/tiny-bert"));
};

TEST_F(ValidationTest, TakesTheLossesOfTrainingOnTheSameData) {
  const TempDir output;
  const testing::RunRecord run = testing::train(
      {.output = output.path(),
       .set = {"train.epochs=1", "train.learning_rate=1e-30", "train.dropout=0", "train.weight_decay=0"}});
  double total = 0, cosine = 0, angle = 0, examples = 0;
  for (const TrainProgress& at : run.steps) {
    const auto count = static_cast<double>(at.result.examples);
    total += count * at.result.total;
    cosine += count * *at.result.cosine;
    angle += count * *at.result.angle;
    examples += count;
  }
  for (const char* cache : {"train.gradient_cache_tokens=0", "train.gradient_cache_tokens=50"}) {
    const auto found = losses({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss", cache});
    EXPECT_THAT(found, UnorderedElementsAre(Key("val_loss"), Key("val_loss_cosine"), Key("val_loss_in_batch"),
                                            Key("val_loss_angle")));
    EXPECT_NEAR(found.at("val_loss"), total / examples, 1e-4);
    EXPECT_NEAR(found.at("val_loss_cosine"), cosine / examples, 1e-4);
    EXPECT_NEAR(found.at("val_loss_angle"), angle / examples, 1e-4);
  }
}

TEST_F(ValidationTest, HasTheTermsThatTheDataHave) {
  EXPECT_THAT(losses({R"(evaluation.loss_data=[{"path":"../data/samples/positives.csv","format":"pairs"}])",
                      "evaluation.metric=val_loss"}),
              UnorderedElementsAre(Key("val_loss"), Key("val_loss_in_batch")));
}

TEST_F(ValidationTest, TellsPositivePairsByTheThresholdOfTheirDataSet) {
  const auto in_batch = [&](const std::string& own, const std::string& of_loss) {
    return losses({R"(evaluation.loss_data=[{"path":"../data/samples/pairs_train.tsv")" + own + "}]",
                   "evaluation.metric=val_loss", "loss.positive_threshold=" + of_loss})
        .at("val_loss_in_batch");
  };
  const std::string three = R"(,"positive_threshold":3)";
  EXPECT_EQ(in_batch(three, "4.8"), in_batch("", "3"));
  EXPECT_NE(in_batch(three, "4.8"), in_batch("", "4.8"));
}

TEST_F(ValidationTest, AveragesACorrelationOverTheTasks) {
  const Validation mean = validation({}, two_tasks());
  EXPECT_EQ(mean.name(), "stsb validation, sts12 test cosine_spearman");
  const Measurement found = mean.measure(model);
  ASSERT_THAT(found.others, UnorderedElementsAre(Key("stsb/cosine_spearman"), Key("sts12/cosine_spearman")));
  const double first = found.others.at("stsb/cosine_spearman"),
               second = found.others.at("sts12/cosine_spearman");
  EXPECT_NE(first, second);
  EXPECT_DOUBLE_EQ(found.score.value(), (first + second) / 2);
}

TEST_F(ValidationTest, RefusesADecidingTaskWithoutTwoLabels) {
  const TempDir data;
  const std::string header = "sentence1\tsentence2\tscore\n";
  const auto with = [&](const std::string& rows, const std::string& metric) {
    ValidationData tasks = two_tasks();
    tasks.tasks[1].file = data.file("flat.tsv", header + rows);
    return validation({"evaluation.task=stsb,sts12/test", "evaluation.metric=" + metric}, std::move(tasks));
  };
  EXPECT_ERROR(with("a\tb\t3\nc\td\t3\n", "cosine_spearman"),
               "flat.tsv: every label is 3, so no correlation");
  EXPECT_ERROR(with("a\tb\t3\n", "sts12/cosine_spearman"), "flat.tsv: fewer than two pairs");
  EXPECT_NO_THROW(with("a\tb\t3\n", "stsb/cosine_spearman"));
}

TEST_F(ValidationTest, TakesTheCorrelationOfTheTaskNamed) {
  const Validation one =
      validation({"evaluation.task=stsb,sts12/test", "evaluation.metric=sts12/angle_pearson"}, two_tasks());
  EXPECT_EQ(one.name(), "sts12 test angle_pearson");
  const Measurement found = one.measure(model);
  EXPECT_TRUE(found.score);
  EXPECT_THAT(found.others, UnorderedElementsAre(Key("stsb/angle_pearson")));
}

TEST_F(ValidationTest, TakesTheScoresOfOwnDataAsEvalDoes) {
  const TempDir data;
  const std::string classes = testing::write_classes(data.path() / "kinds");
  for (const auto& [task, metric] :
       {std::pair(testing::write_retrieval(data.path() / "faq"), "mrr@10"),
        std::pair(testing::write_binary_pairs(data.path() / "mine.tsv"), "cosine_average_precision"),
        std::pair(classes, "knn_accuracy"),
        std::pair("cluster:" + (data.path() / "kinds/train.jsonl").string(), "v_measure")}) {
    const OwnDataTask own = parse_own_data_task(task).value();
    const Validation judge =
        validation({"evaluation.task=" + task, std::string("evaluation.metric=") + metric},
                   {.tasks = {}, .own_data = {own}, .loss_sets = {}});
    EXPECT_EQ(judge.name(), task + " " + metric);
    EXPECT_FALSE(judge.is_empty() || judge.lower_is_better());
    const Measurement found = judge.measure(model);
    const OwnDataResult by_eval =
        evaluate_own_data(read_own_data(own), model, {.embed = {}, .bootstrap = {.resamples = 0}});
    EXPECT_EQ(found.score, by_eval.value(metric)) << task;
    EXPECT_TRUE(found.score) << task;
    EXPECT_THAT(found.others, IsEmpty());
    EXPECT_THAT(found.predictions, IsEmpty());
  }
}

TEST_F(ValidationTest, ReadsOwnDataOnce) {
  const TempDir data;
  const std::string classes = testing::write_classes(data.path() / "kinds");
  const Validation judge = validation({"evaluation.task=" + classes, "evaluation.metric=knn_accuracy"},
                                      {.own_data = {parse_own_data_task(classes).value()}});
  const Measurement before = judge.measure(model);
  std::filesystem::remove_all(data.path() / "kinds");
  EXPECT_EQ(judge.measure(model).score, before.score);
}

TEST_F(ValidationTest, HasAScoreForEachTaskWhateverItsKind) {
  const TempDir data;
  const std::string faq = testing::write_retrieval(data.path());
  const auto measured = [&](const std::string& metric) {
    ValidationData tasks = two_tasks();
    tasks.own_data = {parse_own_data_task(faq).value()};
    const Validation judge = validation(
        {"evaluation.task=stsb,sts12/test," + faq, "evaluation.metric=" + metric}, std::move(tasks));
    return std::pair(judge.name(), judge.measure(model));
  };
  const auto [correlation, by_correlation] = measured("cosine_spearman");
  EXPECT_EQ(correlation, "stsb validation, sts12 test cosine_spearman");
  EXPECT_THAT(
      by_correlation.others,
      UnorderedElementsAre(Key("stsb/cosine_spearman"), Key("sts12/cosine_spearman"), Key(faq + "/ndcg@10")));
  EXPECT_DOUBLE_EQ(by_correlation.score.value(), (by_correlation.others.at("stsb/cosine_spearman") +
                                                  by_correlation.others.at("sts12/cosine_spearman")) /
                                                     2);
  for (const std::string& metric : {std::string("ndcg@10"), faq + "/ndcg@10"}) {
    const auto [name, found] = measured(metric);
    EXPECT_EQ(name, faq + " ndcg@10");
    EXPECT_EQ(found.score, by_correlation.others.at(faq + "/ndcg@10"));
    EXPECT_THAT(found.others,
                UnorderedElementsAre(Key("stsb/cosine_spearman"), Key("sts12/cosine_spearman")));
  }
}

TEST_F(ValidationTest, TellsSplitsOfOneRetrievalTaskApart) {
  const TempDir data;
  const std::string faq = testing::write_retrieval(data.path()), dev = faq + "/qrels/dev.tsv";
  data.file("qrels/dev.tsv", read_file(data.path() / "qrels/test.tsv"));
  const Validation judge =
      validation({"evaluation.task=" + faq + "," + dev, "evaluation.metric=" + dev + "/ndcg@10"},
                 {.tasks = {},
                  .own_data = {parse_own_data_task(faq).value(), parse_own_data_task(dev).value()},
                  .loss_sets = {}});
  EXPECT_EQ(judge.name(), dev + " ndcg@10");
  const Measurement found = judge.measure(model);
  EXPECT_TRUE(found.score);
  EXPECT_THAT(found.others, UnorderedElementsAre(Key(faq + "/ndcg@10")));
  const json files = judge.describe();
  EXPECT_EQ(files.at(2).at("file"), "test.tsv");
  EXPECT_EQ(files.at(5).at("file"), "dev.tsv");
}

TEST_F(ValidationTest, NamesWhatIsWrongWithAnyTaskBeforeItMeasures) {
  const TempDir data;
  const std::string file = data.file("flat.tsv", "text\tlabel\na\tx\nb\tx\n").string();
  const auto first = data.file("first.tsv", "left\tright\tlabel\na\tb\tmany\n"),
             second = data.file("second.tsv", "left\tright\tlabel\n \tb\t1\n");
  EXPECT_ERROR(validation({"evaluation.task=cluster:" + file, "evaluation.metric=v_measure"},
                          {.tasks = {{"stsb", "validation", first}, {"sts12", "test", second}},
                           .own_data = {*parse_own_data_task("cluster:" + file)},
                           .loss_sets = {}}),
               "first.tsv:2: label: ", "second.tsv:2: left: empty text",
               "flat.tsv: all texts have the same label");
}

TEST_F(ValidationTest, DecidesByALossWithTheTasksBesideIt) {
  const Validation loss =
      validation({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss_angle"}, two_tasks());
  EXPECT_EQ(loss.name(), "val_loss_angle");
  const Measurement found = loss.measure(model);
  EXPECT_GT(found.score.value(), 0);
  EXPECT_THAT(found.others,
              UnorderedElementsAre(Key("stsb/cosine_spearman"), Key("sts12/cosine_spearman"), Key("val_loss"),
                                   Key("val_loss_cosine"), Key("val_loss_in_batch")));
}

TEST_F(ValidationTest, StopsBeforeABatchWhenItIsToldTo) {
  const std::atomic<bool> stop = true, go_on = false;
  const Validation pairs = validation({}, two_tasks());
  EXPECT_EQ(pairs.measure(model, &go_on).score, pairs.measure(model).score);
  EXPECT_THROW(pairs.measure(model, &stop), EmbeddingStopped);
  EXPECT_THROW(
      validation({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss"}).measure(model, &stop),
      EmbeddingStopped);
  const TempDir data;
  const std::string classes = testing::write_classes(data.path() / "kinds");
  for (const std::string& task :
       {testing::write_retrieval(data.path() / "faq"), testing::write_binary_pairs(data.path() / "mine.tsv"),
        classes, "cluster:" + (data.path() / "kinds/train.jsonl").string()}) {
    const OwnDataTask own = parse_own_data_task(task).value();
    const Validation judge =
        validation({"evaluation.task=" + task, "evaluation.metric=" + own_data_metrics(own.kind).front()},
                   {.tasks = {}, .own_data = {own}, .loss_sets = {}});
    EXPECT_THROW(judge.measure(model, &stop), EmbeddingStopped) << task;
  }
}

TEST_F(ValidationTest, KnowsWhatIsBetter) {
  const Validation correlation = validation({}, two_tasks());
  EXPECT_TRUE(correlation.is_better(0.8, 0.7));
  EXPECT_FALSE(correlation.is_better(0.7, 0.7));
  const Validation loss = validation({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss"});
  EXPECT_TRUE(loss.is_better(0.7, 0.8));
  EXPECT_FALSE(loss.is_better(0.8, 0.7));
  for (const Validation* either : {&correlation, &loss}) {
    EXPECT_TRUE(either->is_better(0.5, std::nullopt));
    EXPECT_FALSE(either->is_better(std::nullopt, 0.5));
    EXPECT_FALSE(either->is_better(std::nullopt, std::nullopt));
  }
}

TEST_F(ValidationTest, DescribesEverythingThatIsRead) {
  const json files =
      validation({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss"}, two_tasks())
          .describe();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].at("rows"), 360);
  EXPECT_EQ(files[0].at("used_for"), "val_loss");
  EXPECT_EQ(files[1].at("used_for"), "stsb validation");
  EXPECT_EQ(files[1].at("file"), "pairs_validation.tsv");
  EXPECT_EQ(files[0].at("xxh3_128"), files[2].at("xxh3_128"));
  const TempDir data;
  const std::string faq = testing::write_retrieval(data.path());
  const json own = validation({"evaluation.task=" + faq, "evaluation.metric=ndcg@10"},
                              {.tasks = {}, .own_data = {*parse_own_data_task(faq)}, .loss_sets = {}})
                       .describe();
  ASSERT_EQ(own.size(), 3u);
  EXPECT_EQ(own[1], json({{"file", "queries.jsonl"},
                          {"xxh3_128", file_checksum(data.path() / "queries.jsonl")},
                          {"used_for", faq}}));
  EXPECT_TRUE(validation({}).describe().is_null());
  EXPECT_TRUE(validation({}).is_empty());
}

TEST_F(ValidationTest, MeasuresTheAngleThatIsTrained) {
  const auto score = [&](const std::string& variant) {
    return validation({"evaluation.metric=angle_spearman", "loss.angle_similarity=" + variant},
                      {.tasks = {{"mine", "", source_file("data/samples/pairs_validation.tsv")}}})
        .measure(model)
        .score.value();
  };
  Embedder embedder(model, {});
  const auto pairs = read_scored_pairs(source_file("data/samples/pairs_validation.tsv")).examples;
  for (const auto& [name, variant] :
       {std::pair("phase", AngleVariant::phase), std::pair("angle_emb", AngleVariant::angle_emb)})
    EXPECT_EQ(score(name),
              evaluate_pairs(embedder, pairs, variant).value(parse_metric("angle_spearman", "")).value())
        << name;
  EXPECT_NE(score("phase"), score("angle_emb"));
}

TEST_F(ValidationTest, SaysWhatIsMeasuredOnWhatIsTrainedOn) {
  const TempDir directory;
  const auto copy = directory.file("copy.tsv", read_file(source_file("data/samples/pairs_train.tsv")));
  const TrainConfig config = tiny_config({});
  std::vector<TrainingSet> sets = load_training_sets(config, model.max_seq_length, places);
  const std::string end = ": measured on what is also trained on, " + sets[0].file.string() +
                          ", so it tells nothing about new texts; name a file that is not among data.train";
  EXPECT_THAT(validation({}, two_tasks()).overlap(sets).warnings,
              ElementsAre("evaluation: sts12 test" + end));
  EXPECT_THAT(validation({}, {.tasks = {{"mine", "", copy}}}).overlap(sets).warnings,
              ElementsAre("evaluation: mine" + end));
  EXPECT_THAT(
      validation({"evaluation.loss_data=" + kPairLines, "evaluation.metric=val_loss"}).overlap(sets).warnings,
      ElementsAre("evaluation: val_loss" + end));
  sets[0].weight = 0;
  EXPECT_THAT(validation({}, two_tasks()).overlap(sets).warnings, IsEmpty());
}

TEST_F(ValidationTest, SaysHowManyPairsAreTrainedOnToo) {
  const TempDir directory;
  const std::string rows = read_file(source_file("data/samples/pairs_train.tsv"));
  const size_t second = rows.find('\n', rows.find('\n') + 1) + 1;  // after the header and a row
  const auto mine = directory.file("mine.tsv", rows.substr(0, second) + "A new text.\tAnother.\t1\n");
  const TrainConfig config = tiny_config({});
  std::vector<TrainingSet> sets = load_training_sets(config, model.max_seq_length, places);
  const std::string end =
      " of the 2 pairs of " + mine.string() + " is also trained on, in " + sets[0].file.string();
  EXPECT_THAT(validation({}, {.tasks = {{"mine", "", mine}}}).overlap(sets).notes,
              ElementsAre("evaluation: mine: 1" + end));
  const std::string own =
      "pairs:" +
      directory.file("own.tsv", rows.substr(0, rows.find('\n') + 1) + "A new text.\tAnother.\t1\n").string();
  EXPECT_THAT(validation({"evaluation.task=" + own, "evaluation.metric=cosine_f1"},
                         {.tasks = {}, .own_data = {*parse_own_data_task(own)}, .loss_sets = {}})
                  .overlap(sets)
                  .notes,
              IsEmpty());
  EXPECT_THAT(validation({}, two_tasks()).overlap(sets).notes, IsEmpty())
      << "a file of the same bytes is a warning, and the samples for validation are new";
  sets[0].weight = 0;
  EXPECT_THAT(validation({}, {.tasks = {{"mine", "", mine}}}).overlap(sets).notes, IsEmpty());
}

}  // namespace
}  // namespace angle
