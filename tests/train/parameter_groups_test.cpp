// Freezing and layer-wise learning rates:
//  - what is frozen collects no gradient and keeps its weights to the bit, the rest has the gradients of a
//    full step, also with the gradient cache and with checkpointing;
//  - nothing is recorded for a backward pass through frozen parts;
//  - the rate falls by the factor from layer to layer, the embeddings come below the lowest, a projection has
//    the rate of the top; the optimizer applies it;
//  - more layers than there are, and nothing left to train, are errors.

#include "angle/train/parameter_groups.h"

#include <cmath>
#include <map>
#include <optional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/model/model_directory.h"
#include "angle/train/learner.h"

#include "support/expect_error.h"
#include "support/golden.h"

namespace angle {
namespace {

class ParameterGroups : public ::testing::Test {
 protected:
  void SetUp() override { model = load_model(testing::golden_path("models/tiny-bert")); }

  /// Gradients by name after one update that changes nothing (rate 0).
  std::map<std::string, Tensor> gradients(LearnerOptions options) {
    model = load_model(testing::golden_path("models/tiny-bert"));
    options.max_grad_norm = 0;
    Learner learner(model->encoder, options, Dropout());
    step(learner, 0);
    std::map<std::string, Tensor> found;
    for (const Parameter& parameter : model->encoder.parameters())
      if (parameter.tensor.grad().defined()) found[parameter.name] = parameter.tensor.grad();
    return found;
  }

  void step(Learner& learner, double rate) {
    const Examples pairs = std::vector<ScoredPair>{{"the cat sat", "a cat sits", 1, 1},
                                                   {"the sea is cold", "the baker sells bread", 0, 2}};
    const std::vector<int64_t> rows = {0, 1};
    TextStatistics statistics;
    learner.step(std::vector<FormattedBatch>{{collate(
                     encode_examples(pairs, rows, *model->tokenizer, {}, statistics))}},
                 rate);
  }

  std::map<std::string, double> factors(double decay) {
    std::map<std::string, double> found;
    for (const Parameter& parameter : trainable_parameters(model->encoder, {.layer_decay = decay}))
      found[parameter.name] = parameter.rate_factor;
    return found;
  }

  std::optional<Model> model;
};

TEST_F(ParameterGroups, GivesFrozenPartsNoGradientAndTheRestTheirOwn) {
  const auto all = gradients({});
  for (LearnerOptions way : {LearnerOptions{}, LearnerOptions{.gradient_cache_tokens = 8},
                             LearnerOptions{.activations = {.recompute = true}}}) {
    way.parameters = {.freeze_embeddings = true};
    const auto embeddings = gradients(way);
    EXPECT_EQ(all.size() - embeddings.size(), 5u);  // three tables, LayerNorm's weight and bias
    way.parameters.freeze_layers = 2;
    const auto layers = gradients(way);
    EXPECT_EQ(layers.size(), 12u);
    for (const auto& [name, gradient] : layers) {
      EXPECT_TRUE(name.starts_with("encoder.layer.2.")) << name;
      const Tensor& own = all.at(name);
      EXPECT_LE((gradient - own).norm().item<double>(), 1e-5 * own.norm().item<double>()) << name;
    }
  }
}

TEST_F(ParameterGroups, KeepsFrozenWeightsToTheBit) {
  std::map<std::string, Tensor> before;
  for (const NamedTensor& entry : model->encoder.checkpoint_tensors())
    before[entry.name] = entry.tensor.clone();
  Learner learner(model->encoder, {.parameters = {.freeze_embeddings = true, .freeze_layers = 1}}, Dropout());
  step(learner, 0.01);
  for (const NamedTensor& entry : model->encoder.checkpoint_tensors()) {
    const bool frozen = entry.name.starts_with("embeddings.") || entry.name.starts_with("encoder.layer.0.");
    EXPECT_EQ(at::equal(entry.tensor, before.at(entry.name)), frozen) << entry.name;
  }
}

TEST_F(ParameterGroups, RecordsNothingForABackwardPassThroughFrozenParts) {
  const Encoder& encoder = model->encoder.encoder;
  for (Parameter& parameter :
       trainable_parameters(model->encoder, {.freeze_embeddings = true, .freeze_layers = 2}))
    parameter.tensor.requires_grad_(true);
  const TokenBatch batch = pack(std::vector<std::vector<int64_t>>{{2, 17, 3}});
  Tensor hidden = encoder.embed_tokens(batch);
  for (size_t layer = 0; layer < 3; ++layer) {
    EXPECT_FALSE(hidden.requires_grad()) << layer;
    hidden = encoder.apply_layer(encoder.layers()[layer], hidden, batch);
  }
  EXPECT_TRUE(hidden.requires_grad());
}

TEST_F(ParameterGroups, LowersTheRateFromLayerToLayer) {
  model->encoder.dense.push_back({Linear(32, 8), Activation::tanh});
  const auto factor = factors(0.5);
  EXPECT_EQ(factor.at("dense.0.weight"), 1);
  EXPECT_EQ(factor.at("encoder.layer.2.output.dense.weight"), 1);
  EXPECT_EQ(factor.at("encoder.layer.1.attention.output.LayerNorm.bias"), 0.5);
  EXPECT_EQ(factor.at("encoder.layer.0.output.dense.weight"), 0.25);
  EXPECT_EQ(factor.at("embeddings.word_embeddings.weight"), 0.125);
  for (const auto& [name, even] : factors(1)) EXPECT_EQ(even, 1) << name;
}

TEST_F(ParameterGroups, RefusesWhatLeavesNothingToTrain) {
  EXPECT_ERROR(trainable_parameters(model->encoder, {.freeze_embeddings = true, .freeze_layers = 4}),
               "train.freeze_layers: 4, but the model has 3 layers");
  EXPECT_ERROR(trainable_parameters(model->encoder, {.freeze_embeddings = true, .freeze_layers = 3}),
               "train.freeze_layers: 3 are all layers of the model, so nothing is left to train");
  model->encoder.dense.push_back({Linear(32, 8), Activation::tanh});
  EXPECT_EQ(trainable_parameters(model->encoder, {.freeze_embeddings = true, .freeze_layers = 3}).size(), 2u);
}

}  // namespace
}  // namespace angle
