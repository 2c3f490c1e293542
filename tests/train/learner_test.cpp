// One update:
//  - the gradient is the mean over the micro-batches, and so are the terms; counts are sums;
//  - each form of data has the terms that it can use and no others; labels are positive by the threshold of
//    their batch, where it has one;
//  - a loss or gradient that is not finite is an error that names the terms, the file and the lines, those of
//    the texts to blame where they can be told, and the weights stay as they were; losses come first;
//  - a batch that teaches nothing (one pair, equal labels) is no error;
//  - saturation is that of the embeddings that the update saw, with and without the gradient cache, over
//    all micro-batches; measuring it changes nothing of the update.

#include "angle/train/learner.h"

#include <limits>
#include <optional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/model/model_directory.h"

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/tensor_matchers.h"

namespace angle {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::tensors_close;

const std::vector<ScoredPair> kPairs = {{"the cat sat", "a cat sits", 5, 11},
                                        {"the sea is cold", "the baker sells bread", 0, 12},
                                        {"a train left late", "the train was late", 4, 13},
                                        {"rain on the roof", "an old clock", 1, 14}};

class LearnerTest : public ::testing::Test {
 protected:
  void SetUp() override { model = load_model(testing::golden_path("models/tiny-bert")); }

  FormattedBatch batch_of(const Examples& examples) {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < num_examples(examples); ++row) rows.push_back(row);
    TextStatistics statistics;
    return {collate(encode_examples(examples, rows, *model->tokenizer, {}, statistics)), format_of(examples),
            "pairs.tsv"};
  }

  static LearnerOptions options() {
    LearnerOptions options;
    options.loss.positive_threshold = 4;
    return options;
  }

  StepResult step(const std::vector<FormattedBatch>& batches, const LearnerOptions& options) {
    return Learner(model->encoder, options, Dropout()).step(batches, 1e-3);
  }

  std::vector<Tensor> weights() {
    std::vector<Tensor> copies;
    for (const NamedTensor& entry : model->encoder.checkpoint_tensors())
      copies.push_back(entry.tensor.clone());
    return copies;
  }

  void expect_weights(const std::vector<Tensor>& expected) {
    const auto tensors = model->encoder.checkpoint_tensors();
    for (size_t i = 0; i < tensors.size(); ++i)
      EXPECT_TRUE(tensors[i].tensor.equal(expected[i])) << tensors[i].name;
  }

  /// Makes every text with this word a text without a number.
  void poison(const std::string& word) {
    const int64_t id = model->tokenizer->encode(word, 8).token_ids.at(1);
    model->encoder.checkpoint_tensors()[0].tensor[id].fill_(std::numeric_limits<float>::quiet_NaN());
  }

  std::optional<Model> model;
};

TEST_F(LearnerTest, AveragesTheGradientOfItsMicroBatches) {
  model->encoder.to(at::kDouble);
  const std::vector<FormattedBatch> halves = {
      batch_of(std::vector<ScoredPair>(kPairs.begin(), kPairs.begin() + 2)),
      batch_of(std::vector<ScoredPair>(kPairs.begin() + 2, kPairs.end()))};
  Learner learner(model->encoder, options(), Dropout());
  std::vector<Tensor> sum;
  double total = 0;
  for (const FormattedBatch& half : halves) {
    const StepResult result = learner.step(std::vector{half}, 0);
    total += result.total;
    const auto& parameters = learner.optimizer().parameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      // Undo the clipping to compare gradients.
      const Tensor gradient = parameters[i].tensor.grad() * std::max(1.0, result.gradient_norm + 1e-6);
      if (sum.size() <= i)
        sum.push_back(gradient.clone());
      else
        sum[i] += gradient;
    }
  }
  const StepResult both = learner.step(halves, 0);
  EXPECT_NEAR(both.total, total / 2, 1e-12);
  EXPECT_EQ(both.examples, 4);
  const auto& parameters = learner.optimizer().parameters();
  for (size_t i = 0; i < parameters.size(); ++i)
    EXPECT_TRUE(tensors_close(parameters[i].tensor.grad() * std::max(1.0, both.gradient_norm + 1e-6),
                              sum[i] / 2, 1e-9))
        << parameters[i].name;
}

TEST_F(LearnerTest, CountsWhatItSaw) {
  const StepResult result = step({batch_of(kPairs)}, options());
  EXPECT_EQ(result.examples, 4);
  EXPECT_EQ(result.positive_rows, 2);
  EXPECT_EQ(result.duplicates, 0);
  EXPECT_EQ(result.zero_rows, 0);
  EXPECT_EQ(result.tokens, batch_of(kPairs).batch.num_tokens());
  EXPECT_GT(result.gradient_norm, 0);
}

TEST_F(LearnerTest, TakesTheThresholdOfABatchBeforeThatOfTheLoss) {
  const auto measure = [&](double of_loss, std::optional<double> of_batch) {
    LearnerOptions options;
    options.loss.positive_threshold = of_loss;
    FormattedBatch batch = batch_of(kPairs);
    batch.positive_threshold = of_batch;
    return Learner(model->encoder, options, Dropout()).step(std::vector{batch}, 0, true);
  };
  const StepResult of_loss = measure(5, {}), of_batch = measure(1, 5), other = measure(1, {});
  EXPECT_EQ(of_batch.positive_rows, 1);
  EXPECT_EQ(other.positive_rows, 3);
  EXPECT_EQ(of_batch.in_batch, of_loss.in_batch);
  EXPECT_NE(of_batch.in_batch, other.in_batch);
  EXPECT_EQ(saturation_json(*of_batch.saturation), saturation_json(*of_loss.saturation));
}

TEST_F(LearnerTest, AddsTheWeightedTerms) {
  LearnerOptions weighted = options();
  weighted.loss.cosine_weight = 0.5;
  weighted.loss.in_batch_weight = 2;
  weighted.loss.angle_weight = 0.1;
  const StepResult result = step({batch_of(kPairs)}, weighted);
  EXPECT_NEAR(result.total, 0.5 * *result.cosine + 2 * *result.in_batch + 0.1 * *result.angle, 1e-4);
}

TEST_F(LearnerTest, LeavesOutTermsOfWeightZero) {
  LearnerOptions one = options();
  one.loss.in_batch_weight = 0;
  one.loss.angle_weight = 0;
  const StepResult result = step({batch_of(kPairs)}, one);
  EXPECT_TRUE(result.cosine);
  EXPECT_FALSE(result.in_batch);
  EXPECT_FALSE(result.angle);
}

TEST_F(LearnerTest, TrainsOnPairsByTheContrastiveTermAlone) {
  const StepResult result =
      step({batch_of(std::vector<PositivePair>{{"who", "the cat", 1}, {"where", "at sea", 2}})}, options());
  EXPECT_TRUE(result.in_batch);
  EXPECT_FALSE(result.cosine);
  EXPECT_FALSE(result.angle);
  EXPECT_EQ(result.positive_rows, 2);
}

TEST_F(LearnerTest, TrainsOnTripletsWithDifferentNumbersOfNegatives) {
  const StepResult result = step({batch_of(std::vector<Triplet>{{"who", "the cat", {"the dog", "rain"}, 1},
                                                                {"where", "at sea", {"bread"}, 2}})},
                                 options());
  EXPECT_TRUE(result.cosine && result.in_batch && result.angle);
  EXPECT_EQ(result.examples, 2);
}

TEST_F(LearnerTest, AveragesATermOverTheMicroBatchesThatAreThere) {
  const StepResult result = step(
      {batch_of(kPairs), batch_of(std::vector<PositivePair>{{"who", "the cat", 1}, {"where", "at sea", 2}})},
      options());
  EXPECT_TRUE(result.cosine && result.in_batch && result.angle);
  EXPECT_EQ(result.examples, 6);
}

TEST_F(LearnerTest, TakesABatchThatTeachesNothing) {
  LearnerOptions ranking = options();
  ranking.loss.in_batch_weight = 0;
  ranking.optimizer.weight_decay = 0;
  const std::vector<Tensor> before = weights();
  EXPECT_EQ(step({batch_of(std::vector<ScoredPair>{kPairs[0]})}, ranking).gradient_norm, 0);
  EXPECT_EQ(step({batch_of(std::vector<ScoredPair>{{"a", "b", 1, 1}, {"c", "d", 1, 2}})}, ranking).total, 0);
  expect_weights(before);
}

const std::vector<Triplet> kTriplets = {{"the cat sat", "a cat sits", {"a dog ran", "the sea"}, 1},
                                        {"a red car", "the car is red", {"a boat"}, 2}};

TEST_F(LearnerTest, MeasuresTheSaturationOfTheWholeUpdate) {
  const Tensor embeddings = model->encoder.forward(pack(batch_of(kPairs).batch.token_ids));
  const auto expected = saturation_json(
      batch_saturation(embeddings, batch_of(kPairs).batch, DataFormat::scored_pairs, options().loss));
  Learner learner(model->encoder, options(), Dropout());
  EXPECT_FALSE(learner.step(std::vector{batch_of(kPairs)}, 0).saturation);
  const StepResult one = learner.step(std::vector{batch_of(kPairs)}, 0, true);
  EXPECT_EQ(saturation_json(one.saturation.value()), expected);

  const StepResult two = learner.step(std::vector{batch_of(kPairs), batch_of(kTriplets)}, 0, true);
  EXPECT_EQ(two.saturation->pairs(), 4 + 2 + 3);  // of the triplets: a positive each, and three negatives
  Saturation sum = one.saturation.value();
  sum.add(learner.step(std::vector{batch_of(kTriplets)}, 0, true).saturation.value());
  EXPECT_EQ(saturation_json(two.saturation.value()), saturation_json(sum));
}

TEST_F(LearnerTest, MeasuresTheSameSaturationWithTheGradientCache) {
  model->encoder.to(at::kDouble);
  LearnerOptions cached = options();
  cached.gradient_cache_tokens = 10;
  const auto measure = [&](const LearnerOptions& options) {
    return Learner(model->encoder, options, Dropout())
        .step(std::vector{batch_of(kPairs)}, 0, true)
        .saturation;
  };
  const auto plain = measure(options()), chunked = measure(cached);
  for (size_t k = 0; k < kCosineBins; ++k) {
    EXPECT_EQ(plain->bins[k].pairs, chunked->bins[k].pairs);
    EXPECT_NEAR(plain->bins[k].total.sum, chunked->bins[k].total.sum, 1e-12);
    EXPECT_NEAR(plain->bins[k].angle.sum, chunked->bins[k].angle.sum, 1e-12);
  }
}

TEST_F(LearnerTest, UpdatesTheSameWhetherSaturationIsMeasuredOrNot) {
  Learner(model->encoder, options(), Dropout()).step(std::vector{batch_of(kPairs)}, 1e-3, true);
  const std::vector<Tensor> measured = weights();
  SetUp();
  const std::vector<Tensor> before = weights();
  step({batch_of(kPairs)}, options());
  expect_weights(measured);
  EXPECT_FALSE(before[0].equal(measured[0]));
}

TEST_F(LearnerTest, NamesTheTermsAndTheLinesOfTextsWithoutANumber) {
  poison("sea");
  const std::vector<Tensor> before = weights();
  EXPECT_ERROR(step({batch_of(kPairs)}, options()), "the loss is not finite (cosine, in-batch, angle)",
               "at pairs.tsv, line 12");
  const auto tensors = model->encoder.checkpoint_tensors();
  for (size_t i = 1; i < tensors.size(); ++i) EXPECT_TRUE(at::equal(tensors[i].tensor, before[i]));
}

TEST_F(LearnerTest, NamesTheTripletOfANegative) {
  poison("sea");
  EXPECT_ERROR(step({batch_of(std::vector<Triplet>{{"who", "the cat", {"the dog"}, 21},
                                                   {"where", "the baker", {"rain", "the sea"}, 22}})},
                    options()),
               "at pairs.tsv, line 22");
}

TEST_F(LearnerTest, NamesAllLinesWhenEveryTextHasANumber) {
  LearnerOptions huge = options();
  huge.loss.cosine_weight = 1e300;
  EXPECT_ERROR(step({batch_of(kPairs)}, huge), "the loss is not finite (only their sum)",
               "at pairs.tsv, lines 11, 12, 13, 14");
}

TEST_F(LearnerTest, NamesTheLinesOfAGradientThatIsNotFinite) {
  model->encoder.to(at::kDouble);
  LearnerOptions huge = options();
  huge.loss.cosine_weight = 1e300;
  const std::vector<Tensor> before = weights();
  EXPECT_ERROR(step({batch_of(kPairs), batch_of(kPairs)}, huge), "the gradient is not finite",
               "pairs.tsv, lines 11, 12, 13, 14; pairs.tsv, lines 11, 12, 13, 14");
  expect_weights(before);
}

TEST_F(LearnerTest, TellsOfALossThatIsNotFiniteRatherThanOfTheGradientOfAnotherMicroBatch) {
  model->encoder.to(at::kDouble);
  poison("sea");
  LearnerOptions huge = options();
  huge.loss.cosine_weight = 1e300;
  const std::vector<ScoredPair> finite = {kPairs[0], kPairs[2]}, poisoned = {kPairs[0], kPairs[1]};
  EXPECT_ERROR(step({batch_of(finite)}, huge), "the gradient is not finite");
  EXPECT_ERROR(step({batch_of(finite), batch_of(poisoned)}, huge), "the loss is not finite",
               "at pairs.tsv, line 12");
}

TEST_F(LearnerTest, ShowsEightLinesAtMost) {
  poison("sea");
  std::vector<ScoredPair> many;
  for (int64_t line = 1; line <= 20; ++line)
    many.push_back({"the sea", "the cat", static_cast<double>(line % 3), line});
  EXPECT_ERROR(step({batch_of(many)}, options()), "lines 1, 2, 3, 4, 5, 6, 7, 8 … (20 examples)");
}

}  // namespace
}  // namespace angle
