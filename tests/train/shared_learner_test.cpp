// One update shared by several processes, here threads:
//  - the gradient is that of one process with the whole batch: 1e-12 of the norm in float64, 1e-6 in
//    float32, for every form of data and every term, with the gradient cache, with accumulation, and for
//    batches of fewer texts than processes;
//  - all processes end with the same bits, and results count the whole batch;
//  - the gradient of the word embeddings is collected in the rows of the batch, none where they are frozen;
//  - each process has a share of the texts with about as many tokens, so the test is not vacuous.

#include <cmath>
#include <mutex>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/model/model_directory.h"
#include "angle/train/learner.h"
#include "angle/train/shared_batch.h"

#include "support/golden.h"
#include "support/thread_group.h"

namespace angle {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using testing::run_group;

std::vector<int64_t> token_ids(int64_t length, int64_t seed) {
  std::vector<int64_t> ids;
  for (int64_t t = 0; t < length; ++t) ids.push_back(5 + (97 * seed + 13 * t * t) % 1000);
  return ids;
}

/// Examples of many lengths, some with a text that another one has.
FormattedBatch make_batch(DataFormat format, int64_t examples, int64_t seed = 0) {
  std::vector<EncodedExample> rows;
  for (int64_t i = 0; i < examples; ++i) {
    EncodedExample& example = rows.emplace_back();
    const int64_t texts = format == DataFormat::triplets ? 3 + i % 2 : 2;
    for (int64_t text = 0; text < texts; ++text)
      example.texts.push_back(
          token_ids(3 + (5 * i + 7 * text) % 17, (text == 1 && i % 5 == 4 ? 1 : 31 * i + text) + seed));
    example.label = static_cast<double>(i % 3);
    example.line = i + 1;
  }
  return {collate(rows), format, "pairs.tsv"};
}

struct Case {
  std::vector<FormattedBatch> batches;
  int64_t gradient_cache_tokens = 0;
  at::ScalarType type = at::kDouble;
};

struct Update {
  std::vector<Tensor> gradients;  // after clipping, which 1e9 does not do
  std::vector<Tensor> weights;
  StepResult result;
};

Update update(const Case& with, const ProcessGroup& group) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  model.encoder.to(with.type);
  LearnerOptions options;
  options.loss.angle_weight = 1;
  options.loss.positive_threshold = 2;
  options.max_grad_norm = 1e9;
  options.gradient_cache_tokens = with.gradient_cache_tokens;
  Learner learner(model.encoder, options, Dropout(), group);
  Update done{.result = learner.step(with.batches, 1e-3)};
  for (const Parameter& parameter : learner.optimizer().parameters())
    done.gradients.push_back(parameter.tensor.grad().defined() ? parameter.tensor.grad().clone() : Tensor());
  for (const NamedTensor& entry : model.encoder.checkpoint_tensors())
    done.weights.push_back(entry.tensor.clone());
  return done;
}

/// The norm of the difference relative to the norm.
double difference(const std::vector<Tensor>& left, const std::vector<Tensor>& right) {
  double norm = 0, distance = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].defined(), right[i].defined()) << i;
    if (!left[i].defined() || !right[i].defined()) continue;
    norm += left[i].to(at::kDouble).square().sum().item<double>();
    distance += (left[i].to(at::kDouble) - right[i].to(at::kDouble)).square().sum().item<double>();
  }
  EXPECT_GT(norm, 1e-3);
  return std::sqrt(distance / norm);
}

void expect_equal_updates(const Case& with, int size, double tolerance) {
  const Update alone = update(with, {});
  std::mutex mutex;
  std::vector<Update> updates;
  ASSERT_THAT(run_group({.size = size},
                        [&](const ProcessGroup& group) {
                          Update mine = update(with, group);
                          const std::lock_guard lock(mutex);
                          updates.push_back(std::move(mine));
                        }),
              Each(IsEmpty()));
  for (const Update& shared : updates) {
    EXPECT_LE(difference(alone.gradients, shared.gradients), tolerance);
    EXPECT_EQ(difference(updates[0].weights, shared.weights), 0);
    EXPECT_NEAR(shared.result.total, alone.result.total, tolerance * 100);
    EXPECT_EQ(shared.result.examples, alone.result.examples);
    EXPECT_EQ(shared.result.tokens, alone.result.tokens);
    EXPECT_EQ(shared.result.duplicates, alone.result.duplicates);
    EXPECT_TRUE(shared.result.exchange_seconds > 0);
  }
  EXPECT_FALSE(alone.result.exchange_seconds);
}

TEST(SharedLearner, HasTheGradientOfTheWholeBatchForEveryFormOfData) {
  for (const DataFormat format : {DataFormat::scored_pairs, DataFormat::pairs, DataFormat::triplets})
    for (const int size : {2, 3}) expect_equal_updates({.batches = {make_batch(format, 32)}}, size, 1e-12);
}

TEST(SharedLearner, HasTheGradientOfTheWholeBatchInFloat32) {
  for (const DataFormat format : {DataFormat::scored_pairs, DataFormat::pairs, DataFormat::triplets})
    expect_equal_updates({.batches = {make_batch(format, 32)}, .type = at::kFloat}, 2, 1e-6);
}

TEST(SharedLearner, SharesTheGradientCache) {
  for (const int64_t tokens : {1, 64, 100000})
    expect_equal_updates(
        {.batches = {make_batch(DataFormat::scored_pairs, 32)}, .gradient_cache_tokens = tokens}, 2, 1e-12);
}

TEST(SharedLearner, SharesEveryMicroBatch) {
  const std::vector<FormattedBatch> batches = {make_batch(DataFormat::scored_pairs, 8),
                                               make_batch(DataFormat::triplets, 7, 1000),
                                               make_batch(DataFormat::pairs, 9, 2000)};
  expect_equal_updates({.batches = batches}, 2, 1e-12);
  expect_equal_updates({.batches = batches, .gradient_cache_tokens = 40}, 3, 1e-12);
}

TEST(SharedLearner, TakesBatchesOfFewerTextsThanProcesses) {
  expect_equal_updates({.batches = {make_batch(DataFormat::triplets, 1)}}, 5, 1e-12);
  expect_equal_updates({.batches = {make_batch(DataFormat::triplets, 1)}, .gradient_cache_tokens = 8}, 4,
                       1e-12);
}

TEST(SharedLearner, CollectsTheGradientOfWordsInTheRowsOfTheBatch) {
  if (!cpu_features().avx2) GTEST_SKIP() << "on this CPU LibTorch's kernels get it filled up with zeros";
  const std::vector<FormattedBatch> batches = {make_batch(DataFormat::scored_pairs, 4)};
  for (const bool freeze : {false, true}) {
    Model model = load_model(testing::golden_path("models/tiny-bert"));
    LearnerOptions options;
    options.loss.positive_threshold = 2;
    options.parameters.freeze_embeddings = freeze;
    Learner learner(model.encoder, options, Dropout());
    learner.step(batches, 1e-4);
    const Tensor gradient = model.encoder.encoder.word_embeddings().grad();
    EXPECT_EQ(gradient.defined(), !freeze);
    EXPECT_EQ(gradient.defined() && gradient.is_sparse(), !freeze);
  }
}

TEST(SharedBatch, GivesEveryProcessAShareAndAllOfThemAllEmbeddings) {
  const FormattedBatch batch = make_batch(DataFormat::scored_pairs, 20);
  EXPECT_THAT(run_group({.size = 3},
                        [&](const ProcessGroup& group) {
                          const SharedBatch shared(group, batch.batch.token_ids);
                          const auto own = shared.own_texts();
                          TORCH_CHECK(own.size() == 13 || own.size() == 14, "a share of ", own.size());
                          std::vector<double> sums;
                          for (const auto& ids : own)
                            sums.push_back(static_cast<double>(ids.back() + ids.front()));
                          const Tensor rows = at::tensor(sums, at::kDouble).unsqueeze(1).requires_grad_(true);
                          const Tensor all = shared.gather(rows);
                          for (size_t i = 0; i < batch.batch.token_ids.size(); ++i) {
                            const auto& ids = batch.batch.token_ids[i];
                            TORCH_CHECK(all[static_cast<int64_t>(i)].item<double>() ==
                                        static_cast<double>(ids.back() + ids.front()));
                          }
                          all.square().sum().backward();
                          TORCH_CHECK(at::equal(rows.grad(), 2 * rows));
                        }),
              Each(IsEmpty()));
}

}  // namespace
}  // namespace angle
