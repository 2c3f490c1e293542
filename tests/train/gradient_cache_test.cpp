// The gradient cache:
//  - gradients equal those of the plain step, in float64 to 1e-12 relative, for chunks that divide the
//    batch, that do not, that hold one text each, and that hold all of it, and for every form of data;
//  - with dropout the second forward pass draws the masks of the first: the gradient is that of the loss
//    that was computed;
//  - the dropout stream goes on behind the masks that were drawn, not behind their repetition;
//  - layers that are computed again in the backward pass (gradient checkpointing) have the same gradients,
//    in float64 to 1e-12, with dropout, alone and in chunks, and when the embeddings are frozen;
//  - the tests are not vacuous: dropout changes the gradient.

#include "angle/train/gradient_cache.h"

#include <memory>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"
#include "angle/model/weights.h"
#include "angle/train/learner.h"

#include "support/golden.h"

namespace angle {
namespace {

/// A tiny BERT in float64 and a batch of eight examples with three texts each, of many lengths.
class GradientCache : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto directory = testing::golden_path("models/tiny-bert");
    ASSERT_FALSE(directory.empty());
    encoder = std::make_unique<SentenceEncoder>(SentenceEncoder{
        .encoder = Encoder(parse_encoder_config(read_json(directory / "config.json"), "config.json"))});
    load_weights(directory, encoder->encoder.checkpoint_tensors());
    encoder->to(at::kDouble);
    for (Parameter& parameter : encoder->parameters()) parameter.tensor.requires_grad_(true);
    std::vector<EncodedExample> examples;
    for (int64_t i = 0; i < 8; ++i) {
      EncodedExample& example = examples.emplace_back();
      for (int64_t text = 0; text < 3; ++text)
        example.texts.push_back(token_ids(3 + (5 * i + 7 * text) % 17, 31 * i + text));
      example.label = static_cast<double>(i % 3);
      example.line = i + 1;
    }
    triplets = collate(examples);
    for (EncodedExample& example : examples) example.texts.resize(2);
    pairs = collate(examples);
  }

  static std::vector<int64_t> token_ids(int64_t length, int64_t seed) {
    std::vector<int64_t> ids;
    for (int64_t t = 0; t < length; ++t) ids.push_back(5 + (97 * seed + 13 * t * t) % 1000);
    return ids;
  }

  static EmbeddingLoss loss_of(const CollatedBatch& batch, DataFormat format) {
    LossOptions options;
    options.angle_weight = 1.0;
    return [&batch, format, options](const Tensor& embeddings) {
      return compute_objective(embeddings, batch, format, options).total;
    };
  }

  std::vector<Tensor> take_gradients() {
    std::vector<Tensor> gradients;
    for (Parameter& parameter : encoder->parameters()) {
      gradients.push_back(parameter.tensor.grad().defined() ? parameter.tensor.grad().clone() : Tensor());
      parameter.tensor.mutable_grad() = Tensor();
    }
    return gradients;
  }

  std::vector<Tensor> plain(const CollatedBatch& batch, DataFormat format) {
    loss_of(batch, format)(encoder->forward(pack(batch.token_ids))).backward();
    return take_gradients();
  }

  std::vector<Tensor> cached(const CollatedBatch& batch, DataFormat format, int64_t max_tokens,
                             const Dropout& dropout = {}) {
    cached_backward(*encoder, dropout, batch.token_ids, max_tokens, loss_of(batch, format));
    return take_gradients();
  }

  /// The largest difference relative to the largest element.
  static double relative_difference(const std::vector<Tensor>& left, const std::vector<Tensor>& right) {
    double difference = 0, largest = 0;
    for (size_t i = 0; i < left.size(); ++i) {
      EXPECT_EQ(left[i].defined(), right[i].defined());
      if (!left[i].defined()) continue;
      difference = std::max(difference, (left[i] - right[i]).abs().max().item<double>());
      largest = std::max(largest, left[i].abs().max().item<double>());
    }
    EXPECT_GT(largest, 1e-3);
    return difference / largest;
  }

  static Dropout dropout(uint64_t seed) { return {0.1, 0.1, seed}; }

  std::unique_ptr<SentenceEncoder> encoder;
  CollatedBatch pairs, triplets;
};

TEST_F(GradientCache, GivesThePlainGradientWhateverTheChunks) {
  for (const auto& [batch, format] : {std::pair(&pairs, DataFormat::scored_pairs),
                                      {&pairs, DataFormat::pairs},
                                      {&triplets, DataFormat::triplets}}) {
    const std::vector<Tensor> expected = plain(*batch, format);
    for (const int64_t max_tokens : {1, 17, 40, 64, 100000})
      EXPECT_LE(relative_difference(expected, cached(*batch, format, max_tokens)), 1e-12) << max_tokens;
  }
}

TEST_F(GradientCache, ReplaysTheDropoutMasks) {
  // One chunk that holds the whole batch draws the very masks of a plain step.
  loss_of(pairs, DataFormat::scored_pairs)(encoder->forward(pack(pairs.token_ids), dropout(7))).backward();
  const std::vector<Tensor> expected = take_gradients();
  EXPECT_LE(relative_difference(expected, cached(pairs, DataFormat::scored_pairs, 100000, dropout(7))),
            1e-12);
  EXPECT_GT(relative_difference(expected, cached(pairs, DataFormat::scored_pairs, 100000, dropout(8))), 1e-3);
}

TEST_F(GradientCache, ReplaysTheDropoutMasksOfEveryChunk) {
  // The gradient of the loss that was computed, by central differences along one direction: the same seed
  // draws the same masks, so the loss is a smooth function of the weights.
  const auto total = [&] {
    double value = 0;
    const auto loss = loss_of(pairs, DataFormat::scored_pairs);
    cached_backward(*encoder, dropout(7), pairs.token_ids, 40, [&](const Tensor& embeddings) {
      Tensor result = loss(embeddings);
      value = result.item<double>();
      return result;
    });
    return value;
  };
  total();
  const std::vector<Tensor> gradients = take_gradients();
  const Tensor weight = encoder->parameters()[5].tensor;  // the first layer's query_key_value.weight
  const Tensor direction = gradients[5] / gradients[5].norm();
  const double step = 1e-6;
  const auto move = [&](double distance) {
    const at::NoGradGuard no_grad;
    weight.add_(direction, distance);
  };
  move(step);
  const double above = total();
  move(-2 * step);
  const double below = total();
  const auto slope = gradients[5].norm().item<double>();
  EXPECT_NEAR((above - below) / (2 * step), slope, 1e-6 * slope);
}

TEST_F(GradientCache, LeavesTheDropoutStreamBehindItsMasks) {
  const Dropout cached_stream = dropout(7), plain_stream = dropout(7);
  cached(pairs, DataFormat::scored_pairs, 100000, cached_stream);
  encoder->forward(pack(pairs.token_ids), plain_stream);
  EXPECT_EQ(cached_stream.draws(), plain_stream.draws());
  EXPECT_GT(plain_stream.draws(), 0);
}

TEST_F(GradientCache, GivesTheGradientOfLayersThatAreComputedAgain) {
  const auto plain_with = [&](const ActivationOptions& activations) {
    const Dropout stream = dropout(7);
    const TokenBatch batch = pack(pairs.token_ids);
    loss_of(pairs, DataFormat::scored_pairs)(encoder->forward(batch, stream, activations)).backward();
    EXPECT_GT(stream.draws(), 0);
    return std::pair(take_gradients(), stream.draws());
  };
  const auto [expected, draws] = plain_with({});
  const auto [found, draws_found] = plain_with({.recompute = true});
  EXPECT_LE(relative_difference(expected, found), 1e-12);
  EXPECT_EQ(draws, draws_found);
  for (const int64_t max_tokens : {40, 100000}) {
    const auto with = [&](const ActivationOptions& activations) {
      cached_backward(*encoder, dropout(7), pairs.token_ids, max_tokens,
                      loss_of(pairs, DataFormat::scored_pairs), activations);
      return take_gradients();
    };
    EXPECT_LE(relative_difference(with({}), with({.recompute = true})), 1e-12) << max_tokens;
  }
}

TEST_F(GradientCache, ComputesLayersAgainWhenTheirInputHasNoGradient) {
  const auto gradients_with = [&](const ActivationOptions& activations) {
    for (Parameter& parameter : encoder->parameters())
      parameter.tensor.requires_grad_(!parameter.name.starts_with("embeddings."));
    const TokenBatch batch = pack(pairs.token_ids);
    loss_of(pairs, DataFormat::scored_pairs)(encoder->forward(batch, {}, activations)).backward();
    return take_gradients();
  };
  EXPECT_LE(relative_difference(gradients_with({}), gradients_with({.recompute = true})), 1e-12);
}

}  // namespace
}  // namespace angle
