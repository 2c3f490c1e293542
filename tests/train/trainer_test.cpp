// The training run, on configs/tiny.json:
//  - it lowers the loss; seeds, and nothing else, decide about its bytes; the output is a model;
//  - its steps are those of epochs, accumulation and max_steps; every one is in metrics.jsonl with all
//    fields; saturation is measured at the first and every Nth step, or not at all;
//  - every form of data, mixed, and every policy for duplicates trains;
//  - the best model by the validation is kept, and training stops when the patience is out;
//  - a model that diverged is neither judged nor saved;
//  - what does not fit together, or would overwrite a model or a run, is an error before anything is written.
// How it survives being stopped is in resume_test.cpp.

#include "angle/train/trainer.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/data/reader.h"
#include "angle/embed/embedder.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/sts.h"
#include "angle/model/weights.h"

#include "support/expect_error.h"
#include "support/model_copy.h"
#include "support/own_data.h"
#include "support/temp_dir.h"
#include "train/tiny_run.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::differing_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::read_metrics;
using testing::RunRecord;
using testing::TempDir;
using testing::TinyRun;
using testing::train;

double mean_loss(const RunRecord& run, size_t first, size_t count) {
  double sum = 0;
  for (size_t i = first; i < first + count; ++i) sum += run.steps[i].result.total;
  return sum / static_cast<double>(count);
}

TEST(Trainer, LowersTheLossAndLeavesAModel) {
  const TempDir output;
  const RunRecord run = train({.output = output.path(), .set = {"train.epochs=6"}});
  ASSERT_EQ(run.steps.size(), 6 * 23u);
  EXPECT_LT(mean_loss(run, 115, 23), 0.9 * mean_loss(run, 0, 23));
  EXPECT_EQ(run.result.end, TrainResult::End::finished);
  EXPECT_EQ(run.result.steps, 138);
  EXPECT_EQ(run.result.statistics.texts, 6 * 720);
  Model trained = load_model(output.path());
  EXPECT_EQ(Embedder(trained, {}).embed(std::vector<std::string>{"a cat"}).size(1), 32);
  EXPECT_EQ(trained.train_config, json(testing::tiny_config({"train.epochs=6"})));
}

TEST(Trainer, GivesTheSameBytesForTheSameSeedOnly) {
  const TempDir outputs;
  const std::vector<std::string> set = {"train.dropout=0.1", "train.max_steps=12"};
  train({.output = outputs.path() / "a", .set = set});
  train({.output = outputs.path() / "b", .set = set});
  EXPECT_THAT(differing_files(outputs.path() / "a", outputs.path() / "b"), IsEmpty());
  train({.output = outputs.path() / "c", .set = {set[0], set[1], "train.seed=43"}});
  EXPECT_THAT(differing_files(outputs.path() / "a", outputs.path() / "c"),
              ::testing::Contains("model.safetensors"));
}

TEST(Trainer, DropsOutWhatTheConfigurationSays) {
  const TempDir outputs;
  const auto loss = [&](const std::string& name, const std::string& dropout) {
    return train({.output = outputs.path() / name, .set = {"train.max_steps=5", "train.dropout=" + dropout}})
        .steps[0]
        .result.total;
  };
  EXPECT_EQ(loss("model", "-1"), loss("none", "0"));  // config.json of tiny-bert says 0
  EXPECT_NE(loss("none again", "0"), loss("some", "0.2"));
}

TEST(Trainer, CountsStepsByEpochsAccumulationAndMaxSteps) {
  const auto steps = [](const std::vector<std::string>& set) {
    const TempDir output;
    return train({.output = output.path(), .set = set}).result.steps;
  };
  EXPECT_EQ(steps({"train.epochs=1"}), 23);                                // 360 pairs in batches of 16
  EXPECT_EQ(steps({"train.epochs=2", "train.accumulation_steps=4"}), 12);  // 46 batches
  EXPECT_EQ(steps({"train.epochs=2", "train.max_steps=7"}), 7);
  EXPECT_EQ(steps({"train.epochs=1", "train.max_steps=700"}), 23);
  EXPECT_EQ(steps({"train.epochs=1", "train.batch_size=1000", "train.warmup_steps=1"}), 1);
}

TEST(Trainer, AccumulatesToTheSameExamples) {
  const TempDir outputs;
  const RunRecord run =
      train({.output = outputs.path(), .set = {"train.epochs=2", "train.accumulation_steps=4"}});
  int64_t examples = 0;
  for (const TrainProgress& at : run.steps) examples += at.result.examples;
  EXPECT_EQ(examples, 720);
  EXPECT_EQ(run.steps.front().result.examples, 64);
  EXPECT_DOUBLE_EQ(run.steps.back().epoch, 2);
  EXPECT_EQ(run.steps.back().total_steps, 12);
}

TEST(Trainer, FollowsTheScheduleToTheEndOfTheRun) {
  const TempDir output;
  const RunRecord run =
      train({.output = output.path(), .set = {"train.max_steps=8", "train.warmup_steps=4"}});
  std::vector<double> rates;
  for (const TrainProgress& at : run.steps) rates.push_back(at.learning_rate * 4 / 0.001);
  EXPECT_THAT(rates, ElementsAre(0, 1, 2, 3, 4, 3, 2, 1));
}

TEST(Trainer, LogsEveryStepWithAllFields) {
  const TempDir output;
  train({.output = output.path(), .set = {"train.max_steps=5"}, .validate = true});
  const std::vector<json> lines = read_metrics(output.path());
  ASSERT_EQ(lines.size(), 1 + 5 + 1u);  // validation at the start and at the end
  EXPECT_EQ(lines[0].at("step"), 0);
  EXPECT_TRUE(lines[0].at("score").is_number());
  for (size_t step = 1; step <= 5; ++step) {
    EXPECT_EQ(lines[step].at("step"), step);
    for (const char* field :
         {"epoch", "loss", "cosine", "in_batch", "angle", "learning_rate", "gradient_norm", "examples",
          "tokens", "positive_rows", "duplicates", "zero_rows"})
      EXPECT_TRUE(lines[step].contains(field) && lines[step].at(field).is_number()) << field;
  }
  EXPECT_THAT(read_file(output.path() / "metrics.jsonl"), ::testing::HasSubstr("\"tokens_per_second\":"));
  EXPECT_EQ(lines[6].at("step"), 5);
  EXPECT_EQ(lines[6].at("best"), true);
  EXPECT_TRUE(lines[6].contains("evaluation"));
}

TEST(Trainer, LogsTheSaturationOfTheFirstAndOfEveryNthStep) {
  const TempDir output, silent;
  train({.output = output.path(), .set = {"train.max_steps=6", "train.saturation_every_steps=3"}});
  std::istringstream stream(read_file(output.path() / "saturation.jsonl"));
  std::vector<int64_t> steps;
  for (std::string text; std::getline(stream, text);) {
    const json line = json::parse(text);
    steps.push_back(line.at("step").get<int64_t>());
    EXPECT_EQ(line.at("pairs"), 16);
    EXPECT_TRUE(line.at("share_above_0.95").is_number());
  }
  EXPECT_THAT(steps, ElementsAre(1, 3, 6));

  train({.output = silent.path(), .set = {"train.max_steps=6"}});
  EXPECT_FALSE(fs::exists(silent.path() / "saturation.jsonl"));
  EXPECT_EQ(read_file(silent.path() / "model.safetensors"), read_file(output.path() / "model.safetensors"));
}

TEST(Trainer, TrainsOnMixedData) {
  const TempDir output;
  const RunRecord run = train(
      {.output = output.path(),
       .set = {
           R"(data.train=[{"path":"../data/samples/pairs_train.tsv","format":"scored_pairs","label_scale":[0,5]},
                              {"path":"../data/samples/positives.csv","format":"pairs"},
                              {"path":"../data/samples/triplets.jsonl","format":"triplets","weight":2}])",
           "train.epochs=2"}});
  bool with_cosine = false, without_cosine = false;
  int64_t examples = 0;
  for (const TrainProgress& at : run.steps) {
    (at.result.cosine ? with_cosine : without_cosine) = true;
    examples += at.result.examples;
    EXPECT_TRUE(at.result.in_batch);
  }
  EXPECT_TRUE(with_cosine && without_cosine);
  EXPECT_EQ(examples, 2 * (360 + 44 + 2 * 80));
}

TEST(Trainer, TellsPositivePairsByTheThresholdOfTheirDataSet) {
  const TempDir output;
  const auto pairs = [](double threshold) {
    return fmt::format(R"({{"path":"../data/samples/pairs_train.tsv","positive_threshold":{}}})", threshold);
  };
  const RunRecord run =
      train({.output = output.path(), .set = {fmt::format("data.train=[{},{}]", pairs(5), pairs(4.8))}});
  int64_t positive_rows = 0, examples = 0;
  for (const TrainProgress& at : run.steps)
    positive_rows += at.result.positive_rows, examples += at.result.examples;
  EXPECT_EQ(examples, 2 * (360 + 360));  // two epochs
  EXPECT_EQ(positive_rows, 2 * (9 + (9 + 18)));
}

TEST(Trainer, TrainsOnPairsAndOnTripletsAlone) {
  for (const auto& [file, format, objective] : {std::tuple("positives.csv", "pairs", "loss.cosine_weight=0"),
                                                {"triplets.jsonl", "triplets", "loss.symmetric=true"}}) {
    const TempDir output;
    const RunRecord run = train(
        {.output = output.path(),
         .set = {fmt::format(R"(data.train=[{{"path":"../data/samples/{}","format":"{}"}}])", file, format),
                 objective, "loss.angle_weight=0", "train.epochs=8", "train.warmup_steps=0"}});
    const size_t half = run.steps.size() / 2;
    EXPECT_LT(mean_loss(run, half, run.steps.size() - half), mean_loss(run, 0, half)) << file;
  }
}

/// Three pairs, written four times, and some of their own.
std::vector<ScoredPair> repetitive_pairs() {
  std::vector<ScoredPair> pairs;
  for (int64_t i = 0; i < 12; ++i)
    pairs.push_back({"the same text " + std::to_string(i % 3), "another text " + std::to_string(i % 3),
                     5.0 * static_cast<double>(i % 2), i + 1});
  for (int64_t i = 0; i < 4; ++i)
    pairs.push_back({"left " + std::to_string(i), "right " + std::to_string(i), 4.5, i + 13});
  return pairs;
}

TEST(Trainer, TreatsDuplicatesAsThePolicySays) {
  std::map<std::string, RunRecord> runs;
  for (const char* policy : {"none", "drop", "mask", "positive"}) {
    const TempDir output;
    runs[policy] = train(
        {.output = output.path(),
         .set = {fmt::format("loss.duplicates={}", policy), "train.max_steps=2", "train.warmup_steps=0"}},
        [](Model&, std::vector<TrainingSet>& sets) { sets[0].examples = Examples(repetitive_pairs()); });
  }
  EXPECT_EQ(runs["none"].steps[0].result.examples, 16);
  EXPECT_EQ(runs["none"].steps[0].result.duplicates, 18);
  EXPECT_EQ(runs["drop"].steps[0].result.examples, 7);
  EXPECT_EQ(runs["drop"].steps[0].result.duplicates, 0);
  EXPECT_EQ(runs["drop"].result.dropped_examples, 2 * 9);
  EXPECT_EQ(runs["none"].result.dropped_examples, 0);
  const double none = *runs["none"].steps[0].result.in_batch;
  EXPECT_NE(*runs["mask"].steps[0].result.in_batch, none);
  EXPECT_NE(*runs["positive"].steps[0].result.in_batch, none);
  EXPECT_NE(*runs["positive"].steps[0].result.in_batch, *runs["mask"].steps[0].result.in_batch);
}

TEST(Trainer, TrainsThroughTheGradientCache) {
  const TempDir outputs;
  const std::vector<std::string> set = {"train.max_steps=6"};
  const RunRecord plain = train({.output = outputs.path() / "a", .set = set});
  const RunRecord cached =
      train({.output = outputs.path() / "b", .set = {set[0], "train.gradient_cache_tokens=100"}});
  for (size_t i = 0; i < plain.steps.size(); ++i)
    EXPECT_NEAR(cached.steps[i].result.total, plain.steps[i].result.total, 1e-3);
}

TEST(Trainer, TrainsTruncatedEmbeddingsThroughTheGradientCacheToo) {
  const TempDir outputs;
  const std::vector<std::string> set = {"train.max_steps=6", "loss.matryoshka_dims=[32,16,8]"};
  const RunRecord nested = train({.output = outputs.path() / "a", .set = set});
  const RunRecord cached =
      train({.output = outputs.path() / "b", .set = {set[0], set[1], "train.gradient_cache_tokens=100"}});
  const RunRecord plain = train({.output = outputs.path() / "c", .set = {set[0]}});
  EXPECT_GT(std::abs(nested.steps[0].result.total - plain.steps[0].result.total), 1e-3);
  for (size_t i = 0; i < nested.steps.size(); ++i)
    EXPECT_NEAR(cached.steps[i].result.total, nested.steps[i].result.total, 1e-3);
}

TEST(Trainer, FreezesAndDecaysAsTheConfigurationSays) {
  const TempDir output;
  train({.output = output.path(),
         .set = {"train.max_steps=6", "train.freeze_embeddings=true", "train.freeze_layers=1",
                 "train.layer_decay=0.5", "train.warmup_steps=0"}});
  Model base = load_model(testing::golden_path("models/tiny-bert")), trained = load_model(output.path());
  const auto before = base.encoder.checkpoint_tensors(), after = trained.encoder.checkpoint_tensors();
  std::map<std::string, double> moved;
  for (size_t i = 0; i < before.size(); ++i)
    moved[before[i].name] = (after[i].tensor - before[i].tensor).abs().mean().item<double>();
  EXPECT_EQ(moved.at("embeddings.word_embeddings.weight"), 0);
  EXPECT_EQ(moved.at("encoder.layer.0.output.dense.weight"), 0);
  // Adam's steps are of about the size of the rate, whatever the gradients.
  EXPECT_NEAR(
      moved.at("encoder.layer.1.output.dense.weight") / moved.at("encoder.layer.2.output.dense.weight"), 0.5,
      0.1);
}

TEST(Trainer, WritesACardBesideTheModel) {
  const TempDir outputs;
  const RunRecord run =
      train({.output = outputs.path() / "a",
             .set = {"train.max_steps=4", "evaluation.task=stsb",
                     R"(evaluation.loss_data=[{"path":"../data/samples/positives.csv","format":"pairs"}])"},
             .validate = true});
  const auto loss = [&](size_t evaluation) {
    return fmt::format("{:.4f}", run.evaluations.at(evaluation).others.at("val_loss"));
  };
  EXPECT_NE(loss(0), loss(1));
  EXPECT_THAT(
      read_file(outputs.path() / "a/README.md"),
      ::testing::AllOf(::testing::HasSubstr("library_name: sentence-transformers"),
                       ::testing::HasSubstr("in 4 optimizer updates"),
                       ::testing::HasSubstr("| pairs_train.tsv | train | 360 |"),
                       ::testing::HasSubstr("| positives.csv | evaluation: val_loss | 44 |"),
                       ::testing::HasSubstr("| pairs_validation.tsv | evaluation: samples validation | 72 |"),
                       ::testing::HasSubstr("| samples validation cosine_spearman × 100 | "),
                       ::testing::HasSubstr("| val_loss | " + loss(0) + " | " + loss(1) + " |")));
  fs::create_directories(outputs.path() / "b");
  std::ofstream(outputs.path() / "b/README.md") << "mine";
  EXPECT_ERROR(train({.output = outputs.path() / "b", .set = {"train.max_steps=4"}}),
               "there is README.md already, and no run to go on with", "choose another --output");
  EXPECT_EQ(read_file(outputs.path() / "b/README.md"), "mine");
}

double validate(const fs::path& model_directory) {
  Model model = load_model(model_directory);
  Embedder embedder(model, {});
  const auto pairs = read_scored_pairs(testing::source_file("data/samples/pairs_validation.tsv")).examples;
  return evaluate_pairs(embedder, pairs).value({}).value();
}

TEST(Trainer, KeepsTheBestModelByTheValidation) {
  const TempDir output;
  const RunRecord run =
      train({.output = output.path(),
             .set = {"train.learning_rate=0.02", "evaluation.every_steps=4", "train.epochs=2"},
             .validate = true});
  double best = -2;
  int64_t best_step = 0;
  for (const TrainEvaluation& at : run.evaluations) {
    if (at.step == 0) continue;
    EXPECT_EQ(at.best, *at.score > best) << at.step;
    if (*at.score > best) std::tie(best, best_step) = std::pair(*at.score, at.step);
  }
  EXPECT_FALSE(run.evaluations.back().best);  // or the test would show nothing
  EXPECT_EQ(run.result.best_score, best);
  EXPECT_EQ(run.result.best_step, best_step);
  EXPECT_EQ(run.result.initial_score, run.evaluations.front().score);
  EXPECT_NEAR(validate(output.path()), best, 1e-9);
}

TEST(Trainer, KeepsTheBestModelByAScoreOnOwnData) {
  const TempDir output;
  const std::string task = testing::write_retrieval(output.path() / "faq");
  const RunRecord run =
      train({.output = output.path() / "model",
             .set = {"train.learning_rate=0.02", "evaluation.every_steps=4", "train.epochs=2",
                     "evaluation.task=" + task, "evaluation.metric=ndcg@10"},
             .own_data = task});
  double best = -1;
  for (const TrainEvaluation& at : run.evaluations) {
    EXPECT_EQ(at.name, task + " ndcg@10");
    if (at.step == 0) continue;
    EXPECT_EQ(at.best, *at.score > best) << at.step;
    best = std::max(best, *at.score);
  }
  EXPECT_EQ(run.result.best_score, best);
  Model kept = load_model(output.path() / "model");
  const OwnDataResult scored = evaluate_own_data(read_own_data(parse_own_data_task(task).value()), kept,
                                                 {.embed = {}, .bootstrap = {.resamples = 0}});
  EXPECT_NEAR(scored.value("ndcg@10").value(), best, 1e-9);
  const json first = read_metrics(output.path() / "model").front();
  EXPECT_EQ(first.at("evaluation"), task + " ndcg@10");
  EXPECT_EQ(first.at("score"), run.result.initial_score.value());
  EXPECT_THAT(read_file(output.path() / "model/README.md"),
              ::testing::AllOf(::testing::HasSubstr("ndcg@10 × 100 | "),
                               ::testing::HasSubstr("| corpus.jsonl | evaluation: " + task + " |")));
}

TEST(Trainer, KeepsTheModelOfTheLowestLossAndItsCheckpoint) {
  const TempDir output;
  const RunRecord run = train(
      {.output = output.path(),
       .set = {
           "train.learning_rate=0.02", "evaluation.every_steps=4", "train.epochs=2",
           "evaluation.metric=val_loss",
           R"(evaluation.loss_data=[{"path":"../data/samples/pairs_validation.tsv","label_scale":[0,5]}])",
           "checkpoint.keep=1", "checkpoint.keep_best=true", "checkpoint.every_steps=5"}});
  double best = 1e9;
  int64_t best_step = 0;
  for (const TrainEvaluation& at : run.evaluations) {
    if (at.step == 0) continue;
    EXPECT_EQ(at.best, *at.score < best) << at.step;
    if (*at.score < best) std::tie(best, best_step) = std::pair(*at.score, at.step);
    EXPECT_TRUE(at.others.contains("val_loss_angle"));
  }
  ASSERT_LT(best_step, 46);  // or the test would show nothing
  EXPECT_EQ(run.result.best_step, best_step);
  std::vector<std::string> checkpoints;
  for (const auto& entry : fs::directory_iterator(output.path() / "checkpoints"))
    if (entry.is_directory()) checkpoints.push_back(entry.path().filename().string());
  const std::string of_best = fmt::format("step-{:06}", best_step);
  EXPECT_THAT(checkpoints, ::testing::UnorderedElementsAre(of_best, "step-000046"));
  for (const char* other : {"", "step-000046"}) {
    Model kept = load_model(output.path()), base = load_model(testing::golden_path("models/tiny-bert"));
    const fs::path checkpoint = output.path() / "checkpoints" / (*other ? other : of_best);
    const WeightFiles weights(checkpoint);
    weights.check(base.encoder.encoder.checkpoint_tensors());
    weights.read_into(base.encoder.encoder.checkpoint_tensors());
    const auto left = kept.encoder.checkpoint_tensors(), right = base.encoder.checkpoint_tensors();
    EXPECT_EQ(at::equal(left[0].tensor, right[0].tensor), !*other);
  }
  const std::vector<json> lines = read_metrics(output.path());
  EXPECT_EQ(lines[0].at("evaluation"), "val_loss");
  EXPECT_TRUE(lines[0].at("val_loss_cosine").is_number());
}

TEST(Trainer, ValidatesAtTheEndOfEachEpochAndOfTheRun) {
  const auto steps = [](const std::vector<std::string>& set) {
    const TempDir output;
    std::vector<int64_t> at;
    for (const TrainEvaluation& evaluation :
         train({.output = output.path(), .set = set, .validate = true}).evaluations)
      at.push_back(evaluation.step);
    return at;
  };
  EXPECT_THAT(steps({"train.epochs=2"}), ElementsAre(0, 23, 46));
  EXPECT_THAT(steps({"train.epochs=2", "train.accumulation_steps=4"}), ElementsAre(0, 6, 12));
  EXPECT_THAT(steps({"train.epochs=2", "train.max_steps=30"}), ElementsAre(0, 23, 30));
  EXPECT_THAT(steps({"train.max_steps=9", "evaluation.every_steps=4"}), ElementsAre(0, 4, 8, 9));
}

TEST(Trainer, StopsWhenThePatienceIsOut) {
  const TempDir output;
  const std::vector<std::string> set = {"train.learning_rate=1e-30", "evaluation.every_steps=3",
                                        "evaluation.task=stsb", "evaluation.patience=2", "train.epochs=2"};
  const RunRecord run = train({.output = output.path(), .set = set, .validate = true});
  EXPECT_EQ(run.result.end, TrainResult::End::stopped_early);
  EXPECT_EQ(run.result.steps, 9);  // the first is the best, two more are not better
  EXPECT_EQ(run.result.best_step, 3);
  const RunRecord again = train({.output = output.path(), .set = set, .validate = true, .resume = true});
  EXPECT_EQ(again.result.end, TrainResult::End::stopped_early);
  EXPECT_THAT(again.steps, IsEmpty());
  EXPECT_EQ(again.result.initial_score, run.result.initial_score);
}

TEST(Trainer, HasNotStoppedEarlyWhenThePatienceIsOutAtTheLastStep) {
  const TempDir output;
  const RunRecord run = train({.output = output.path(),
                               .set = {"train.learning_rate=1e-30", "evaluation.every_steps=3",
                                       "evaluation.task=stsb", "evaluation.patience=2", "train.max_steps=9"},
                               .validate = true});
  EXPECT_EQ(run.result.steps, 9);
  EXPECT_EQ(run.result.end, TrainResult::End::finished);
}

TEST(Trainer, KeepsTheLastModelWhenNoValidationHasAScore) {
  const TempDir output;
  const auto constant = output.file("constant.tsv", "sentence1\tsentence2\tscore\na\tb\t1\na\tb\t2\n");
  const RunRecord run = train({.output = output.path() / "model",
                               .set = {"train.max_steps=4"},
                               .validate = true,
                               .evaluation_file = constant});
  EXPECT_FALSE(run.result.best_score);
  EXPECT_FALSE(run.evaluations.back().score);
  EXPECT_NO_THROW(load_model(output.path() / "model"));
}

TEST(Trainer, StopsAtALossThatIsNotFinite) {
  const TempDir output;
  EXPECT_ERROR(train({.output = output.path(), .set = {"train.learning_rate=1e30"}}),
               "step 3: ", "the loss is not finite (", "cosine", "pairs_train.tsv, lines ", "(16 examples)",
               "learning rate 5e+29", "Lower the learning rate (with another --output",
               "or look at these examples", "there is no checkpoint yet");
}

TEST(Trainer, SavesNoModelAndNoCheckpointWithWeightsThatAreNotFinite) {
  for (const bool validate : {false, true}) {
    const TempDir output;
    const TinyRun run{.output = output.path(),
                      .set = {"train.learning_rate=1e39", "train.warmup_steps=1", "train.schedule=constant",
                              "checkpoint.every_steps=1", "evaluation.every_steps=1", "train.max_steps=2"},
                      .validate = validate};
    EXPECT_ERROR(train(run), "step 2: the weights are not finite any more (", "learning rate 1e+39",
                 "Lower the learning rate (with another --output",
                 "the last checkpoint, of step 1, is unharmed");
    EXPECT_FALSE(fs::exists(output.path() / "checkpoints/step-000002"));
    // Without a validation the output is written last of all; with one it is the best model, that of step 1.
    EXPECT_EQ(fs::exists(output.path() / "model.safetensors"), validate);
  }
}

TEST(Trainer, RefusesWhatDoesNotFitTogether) {
  const TempDir output;
  std::string metric = "cosine_spearman";
  const auto refused = [&](const std::string& set, const std::function<void(Model&)>& change = {}) {
    train({.output = output.path() / "new", .set = {set, "evaluation.metric=" + metric}},
          [&](Model& model, std::vector<TrainingSet>&) { change ? change(model) : void(); });
  };
  EXPECT_ERROR(refused("train.warmup_steps=47"),
               "train.warmup_steps: 47 is more than the 46 steps of the run");
  EXPECT_ERROR(refused("loss.matryoshka_dims=[32,64]"),
               "loss.matryoshka_dims: 64, but the model has 32 dimensions");
  EXPECT_ERROR(refused("train.seed=1",
                       [](Model& model) {
                         model.encoder.dense.push_back({Linear(32, 5), Activation::none});
                       }),
               "loss.angle_weight", "even number of dimensions, the model has 5");
  EXPECT_ERROR(refused("train.seed=1", [](Model& model) { model.encoder.pooling = {Pooling::cls_avg}; }),
               "pooling cls_avg", "no such pooling");
  EXPECT_ERROR(
      refused(R"(data.train[0].left_prompt="query: ")", [](Model& model) { model.include_prompt = false; }),
      "pairs_train.tsv", "include_prompt is false");
  metric = "val_loss";
  EXPECT_ERROR(
      refused(R"(evaluation.loss_data=[{"path":"../data/samples/pairs_validation.tsv","label_scale":[0,5],)"
              R"("left_prompt":"query: "}])",
              [](Model& model) { model.include_prompt = false; }),
      "pairs_validation.tsv", "include_prompt is false");
  metric = "cosine_spearman";
  const std::string long_prompt(1000, '?');
  EXPECT_ERROR(refused("data.train[0].right_prompt=" + long_prompt), "right_prompt of ",
               "pairs_train.tsv: ", "nothing of a text would be; shorten the prompt");
  EXPECT_FALSE(fs::exists(output.path() / "new"));
}

TEST(Trainer, SaysThatTheEpochsEndBeforeMaxSteps) {
  const TempDir output;
  const auto warnings = [&](const std::string& steps) {
    return train({.output = output.path() / steps, .set = {"train.epochs=1", "train.max_steps=" + steps}})
        .warnings;
  };
  EXPECT_THAT(warnings("23"), IsEmpty());
  EXPECT_THAT(warnings("24"),
              ElementsAre("train.max_steps: 24, but train.epochs 1 are over after 23 steps, and "
                          "so is the run"));
}

TEST(Trainer, OverwritesNoModelAndNoRun) {
  const testing::ModelCopy copy;
  const auto before = testing::read_directory(copy.path());
  const std::vector<std::string> set = {"train.max_steps=4"};
  EXPECT_ERROR(train({.output = copy.path(), .set = set, .model = copy.path()}), copy.path().string(),
               "that is the model to start from", "choose another --output");
  EXPECT_ERROR(train({.output = copy.path(), .set = set}), "no run to go on with");
  EXPECT_ERROR(train({.output = copy.path(), .set = set, .resume = true}), "no run to go on with");
  EXPECT_EQ(testing::read_directory(copy.path()), before);

  const TempDir output;
  train({.output = output.path(), .set = set});
  const auto run = testing::read_directory(output.path());
  EXPECT_ERROR(train({.output = output.path(), .set = set}), "a run was begun there", "--resume");
  EXPECT_EQ(testing::read_directory(output.path()), run);
}

}  // namespace
}  // namespace angle
