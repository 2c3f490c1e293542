// Training in bfloat16:
//  - the gradient of a step points where float32's does, weight by weight, with dropout, with the gradient
//    cache and with gradient checkpointing;
//  - weights, gradients and the optimizer's state stay float32, and so do the losses;
//  - a short run ends with the loss of a float32 run, within what its seed makes of it.

#include <cmath>
#include <map>
#include <optional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/model/model_directory.h"
#include "angle/train/learner.h"

#include "support/golden.h"

namespace angle {
namespace {

const std::vector<ScoredPair> kFewPairs = {{"the cat sat", "a cat sits", 5, 1},
                                           {"the sea is cold", "the baker sells bread", 0, 2},
                                           {"a train left late", "the train was late", 4, 3},
                                           {"rain on the roof", "an old clock", 1, 4},
                                           {"two boys play", "children are playing", 3, 5},
                                           {"a man eats", "a woman reads a long book", 2, 6}};

class TrainingPrecision : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cpu_features().bfloat16()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
    load();
  }

  void load() { model = load_model(testing::golden_path("models/tiny-bert")); }

  std::vector<FormattedBatch> batch() {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < num_examples(kFewPairs); ++row) rows.push_back(row);
    TextStatistics statistics;
    return {{collate(encode_examples(kFewPairs, rows, *model->tokenizer, {}, statistics)),
             DataFormat::scored_pairs, "pairs.tsv"}};
  }

  static LearnerOptions options(ActivationOptions activations, int64_t cache_tokens = 0) {
    LearnerOptions options;
    options.loss.in_batch_weight = 0;
    options.max_grad_norm = 0;
    options.gradient_cache_tokens = cache_tokens;
    options.activations = activations;
    return options;
  }

  /// Gradients of one step at learning rate 0, by name.
  std::map<std::string, Tensor> gradients(const LearnerOptions& options) {
    Learner learner(model->encoder, options, Dropout(0.1, 0.1, 42));
    learner.step(batch(), 0);
    std::map<std::string, Tensor> result;
    for (const Parameter& parameter : learner.optimizer().parameters()) {
      EXPECT_EQ(parameter.tensor.scalar_type(), at::kFloat) << parameter.name;
      if (!parameter.tensor.grad().defined()) continue;
      EXPECT_EQ(parameter.tensor.grad().scalar_type(), at::kFloat) << parameter.name;
      result[parameter.name] = parameter.tensor.grad().clone();
    }
    for (const NamedTensor& entry : learner.optimizer().state())
      EXPECT_EQ(entry.tensor.scalar_type(), at::kFloat) << entry.name;
    return result;
  }

  static void expect_alike(const std::map<std::string, Tensor>& found,
                           const std::map<std::string, Tensor>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    double products = 0, squares = 0, expected_squares = 0;
    for (const auto& [name, gradient] : expected) {
      const Tensor other = found.at(name).to(at::kDouble), own = gradient.to(at::kDouble);
      const auto product = (other * own).sum().item<double>();
      products += product;
      squares += other.square().sum().item<double>();
      expected_squares += own.square().sum().item<double>();
      if (name.ends_with(".weight")) {
        EXPECT_GT(product / (other.norm() * own.norm()).item<double>(), 0.995) << name;
      }
    }
    EXPECT_GT(products / std::sqrt(squares * expected_squares), 0.999);
    EXPECT_LT(products / std::sqrt(squares * expected_squares), 1 - 1e-9);  // it did compute in bfloat16
  }

  double last_loss(const ActivationOptions& activations, uint64_t seed) {
    load();
    Learner learner(model->encoder, options(activations), Dropout(0.1, 0.1, seed));
    double loss = 0;
    for (int step = 0; step < 40; ++step) {
      const double total = learner.step(batch(), 1e-3).total;
      if (step >= 30) loss += total / 10;
    }
    return loss;
  }

  std::optional<Model> model;
};

TEST_F(TrainingPrecision, Bfloat16HasFloat32sGradients) {
  const auto expected = gradients(options({}));
  expect_alike(gradients(options({.type = at::kBFloat16})), expected);
  expect_alike(gradients(options({.type = at::kBFloat16, .recompute = true})), expected);
  const auto in_chunks = gradients(options({}, 30));
  expect_alike(gradients(options({.type = at::kBFloat16}, 30)), in_chunks);
  expect_alike(gradients(options({.type = at::kBFloat16, .recompute = true}, 30)), in_chunks);
}

TEST_F(TrainingPrecision, Bfloat16LearnsAsFloat32Does) {
  const double start = Learner(model->encoder, options({}), Dropout()).step(batch(), 0).total;
  const double first = last_loss({}, 1), second = last_loss({}, 2);
  const double rounded = last_loss({.type = at::kBFloat16}, 1);
  EXPECT_LT(first, 0.7 * start);
  EXPECT_NEAR(rounded, first, 0.1 * first + 2 * std::abs(second - first));
}

}  // namespace
}  // namespace angle
