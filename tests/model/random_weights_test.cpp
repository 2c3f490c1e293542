// Pins: random weights are BERT's initial ones, in every layer and projection; a seed gives the same ones
// again, another seed others; a model that has them still tells texts apart.
#include "angle/model/random_weights.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/embed/embedder.h"
#include "angle/model/model_directory.h"

#include "support/golden.h"

namespace angle {
namespace {

Model untrained(uint64_t seed) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  model.encoder.dense.push_back({Linear(model.encoder.dims(), 8), Activation::tanh});
  randomize_weights(model.encoder, seed);
  return model;
}

TEST(RandomizeWeights, GivesWhatTrainingStartsFrom) {
  Model model = untrained(1);
  for (const NamedTensor& weight : model.encoder.checkpoint_tensors()) {
    SCOPED_TRACE(weight.name);
    const Tensor values = weight.tensor.to(at::kDouble);
    if (weight.tensor.dim() == 1) {
      EXPECT_TRUE(values.eq(weight.name.ends_with("bias") ? 0.0 : 1.0).all().item<bool>());
      continue;
    }
    const double error = 0.02 / std::sqrt(static_cast<double>(values.numel()));
    EXPECT_NEAR(values.mean().item<double>(), 0.0, 5 * error);
    EXPECT_NEAR(values.std().item<double>(), 0.02, 4 * error);
    const auto beyond_two = values.abs().gt(0.04).to(at::kDouble).mean().item<double>();
    if (values.numel() > 2000) {
      EXPECT_NEAR(beyond_two, 0.0455, 0.02);  // of a normal distribution
    }
  }
}

TEST(RandomizeWeights, DependsOnTheSeedAlone) {
  const auto embed = [](uint64_t seed) {
    Model model = untrained(seed);
    return Embedder(model, {}).embed(std::vector<std::string>{"a quiet harbour", "a dog barks"});
  };
  const Tensor first = embed(1);
  EXPECT_TRUE(at::equal(first, embed(1)));
  EXPECT_FALSE(at::allclose(first, embed(2), 0, 1e-3));
  EXPECT_FALSE(at::allclose(first[0], first[1], 0, 1e-3));
}

}  // namespace
}  // namespace angle
