// The fused encoder layer of training against the plain one, Encoder::apply_layer() in float64 with the same
// dropout masks:
//  - output and every gradient agree to float32's rounding, for texts of all lengths around the widths of
//    vectors and blocks, for head sizes that are no multiple of a vector, for every activation;
//  - in bfloat16 they point the same way;
//  - a score that is not a number makes its row of probabilities none, as a plain softmax does;
//  - attention and norm give the same bytes whatever the number of threads;
//  - a weight or input without a gradient is left alone.

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"

#include "model/training/attention_function.h"
#include "model/training/layer.h"
#include "model/training/residual_norm.h"
#include "support/tensor_matchers.h"

namespace angle {
namespace {

using testing::tensors_close;

#define ANGLE_REQUIRE(feature) \
  if (!cpu_features().feature) GTEST_SKIP() << "this CPU has no " #feature

/// That the kernels compute in on this CPU.
std::vector<at::ScalarType> types_here() {
  if (cpu_features().avx512) return {at::kFloat, at::kBFloat16};
  return {at::kFloat};
}

/// With an intermediate size that fits no tile, unless it is given.
EncoderConfig config_of(int64_t hidden, int64_t heads, Activation activation = Activation::gelu,
                        int64_t intermediate = 0) {
  return {.vocab_size = 10,
          .hidden_size = hidden,
          .num_hidden_layers = 1,
          .num_attention_heads = heads,
          .intermediate_size = intermediate > 0 ? intermediate : 2 * hidden + 8,
          .max_position_embeddings = 300,
          .type_vocab_size = 1,
          .hidden_act = activation};
}

Encoder random_encoder(const EncoderConfig& config) {
  Encoder encoder(config);
  at::manual_seed(1);
  for (const Parameter& parameter : encoder.parameters()) {
    const Tensor& weight = parameter.tensor;
    weight.normal_(0, weight.dim() > 1 ? 1 / std::sqrt(static_cast<double>(weight.size(1))) : 0.3);
  }
  return encoder;
}

TokenBatch texts_of(const std::vector<int64_t>& lengths) {
  std::vector<std::vector<int64_t>> texts;
  for (const int64_t length : lengths) texts.emplace_back(static_cast<size_t>(length), 1);
  return pack(texts);
}

/// A layer's output, and the gradients of a function of it by input and weights, all in float64.
struct Trace {
  Tensor output;
  std::vector<Tensor> gradients;
};

Trace trace(Encoder encoder, const TokenBatch& batch, at::ScalarType type, at::ScalarType weights) {
  encoder.to(weights);
  at::manual_seed(2);
  const int64_t hidden = encoder.config().hidden_size;
  const Tensor input = at::randn({batch.num_tokens(), hidden}, at::kDouble).to(type).requires_grad_(true);
  const Tensor direction = at::randn({batch.num_tokens(), hidden}, at::kDouble);
  const Dropout dropout(0.1, 0.2, 42);
  for (Parameter& parameter : encoder.parameters()) parameter.tensor.requires_grad_(true);
  const EncoderLayer& layer = encoder.layers().front();
  EXPECT_EQ(can_train_layer(layer, input), type != at::kDouble);
  const Tensor output = encoder.apply_layer(layer, input, batch, dropout);
  EXPECT_EQ(output.scalar_type(), type);
  (output.to(at::kDouble) * direction).sum().backward();
  Trace result{output.detach().to(at::kDouble), {input.grad().to(at::kDouble)}};
  for (const Parameter& parameter : encoder.parameters())
    if (parameter.tensor.grad().defined()) {
      EXPECT_EQ(parameter.tensor.grad().scalar_type(), weights) << parameter.name;
      result.gradients.push_back(parameter.tensor.grad().to(at::kDouble));
    }
  return result;
}

double cosine(const Tensor& left, const Tensor& right) {
  return ((left * right).sum() / (left.norm() * right.norm())).item<double>();
}

void expect_like_plain(const EncoderConfig& config, const std::vector<int64_t>& lengths) {
  const Encoder encoder = random_encoder(config);
  const TokenBatch batch = texts_of(lengths);
  const Trace expected = trace(encoder, batch, at::kDouble, at::kDouble);
  const Trace fused = trace(encoder, batch, at::kFloat, at::kFloat);
  EXPECT_TRUE(tensors_close(fused.output, expected.output, 2e-5));
  ASSERT_EQ(fused.gradients.size(), expected.gradients.size());
  ASSERT_EQ(expected.gradients.size(), 13);  // the input, twelve weights and biases of the layer
  for (size_t i = 0; i < expected.gradients.size(); ++i) {
    const auto size = expected.gradients[i].abs().max().item<double>();
    EXPECT_TRUE(tensors_close(fused.gradients[i] / size, expected.gradients[i] / size, 2e-5)) << i;
  }
}

TEST(TrainingLayer, IsThePlainLayerForTextsOfAllLengths) {
  ANGLE_REQUIRE(avx2);
  expect_like_plain(config_of(64, 2), {1, 2, 2, 3, 7, 8, 15, 16, 16, 17, 31, 32, 33, 64, 65, 100, 261});
}

TEST(TrainingLayer, IsThePlainLayerWhereAllProductsGoInPanels) {
  ANGLE_REQUIRE(avx2);
  expect_like_plain(config_of(64, 2, Activation::gelu, 256), {1, 3, 8, 8, 17, 40, 150});
}

TEST(TrainingLayer, IsThePlainLayerForOddHeads) {
  ANGLE_REQUIRE(avx2);
  expect_like_plain(config_of(60, 3), {1, 5, 12, 20, 40});
  expect_like_plain(config_of(42, 6), {9, 9, 9, 33});
  expect_like_plain(config_of(128, 1), {4, 18});
}

TEST(TrainingLayer, IsThePlainLayerForEveryActivation) {
  ANGLE_REQUIRE(avx2);
  for (const Activation activation : {Activation::gelu_tanh, Activation::relu, Activation::tanh})
    expect_like_plain(config_of(32, 2, activation), {3, 6, 6});
}

void expect_the_same_way_in_bfloat16(const EncoderConfig& config) {
  const Encoder encoder = random_encoder(config);
  const TokenBatch batch = texts_of({3, 8, 8, 17, 40});
  const Trace expected = trace(encoder, batch, at::kDouble, at::kDouble);
  const Trace rounded = trace(encoder, batch, at::kBFloat16, at::kFloat);
  EXPECT_GT(cosine(rounded.output, expected.output), 0.9999);
  ASSERT_EQ(rounded.gradients.size(), expected.gradients.size());
  for (size_t i = 0; i < expected.gradients.size(); ++i)
    EXPECT_GT(cosine(rounded.gradients[i], expected.gradients[i]), 0.999) << i;
}

TEST(TrainingLayer, PointsTheSameWayInBfloat16) {
  ANGLE_REQUIRE(avx512);
  expect_the_same_way_in_bfloat16(config_of(64, 2));
  expect_the_same_way_in_bfloat16(config_of(64, 2, Activation::gelu, 256));
}

TEST(TrainingLayer, DoesNotDependOnTheNumberOfThreads) {
  ANGLE_REQUIRE(avx2);
  const TokenBatch batch = texts_of({3, 8, 8, 17, 40, 70, 70});
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    at::manual_seed(3);
    const Tensor input = at::randn({batch.num_tokens(), int64_t{3} * 48}).requires_grad_(true);
    const LayerNorm norm{at::randn({48}).requires_grad_(true), at::randn({48}).requires_grad_(true)};
    const Tensor context = attention_with_gradient(input, batch, 3, {42, 0, 0.1});
    const Tensor output = residual_norm(context, context, norm, 1e-12, {42, 100, 0.1});
    (output * at::randn({batch.num_tokens(), 48})).sum().backward();
    at::set_num_threads(before);
    return std::vector<Tensor>{output.detach(), input.grad(), norm.weight.grad(), norm.bias.grad()};
  };
  const std::vector<Tensor> one = run(1), three = run(3);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << i;
}

TEST(TrainingLayer, DoesNotDependOnTheNumberOfThreadsInPanels) {
  ANGLE_REQUIRE(avx2);
  const TokenBatch batch = texts_of({3, 8, 8, 17, 40, 70, 70, 200});
  for (const at::ScalarType type : types_here()) {
    const auto run = [&](int threads) {
      const int before = at::get_num_threads();
      at::set_num_threads(threads);
      Trace made = trace(random_encoder(config_of(64, 2, Activation::gelu, 256)), batch, type, at::kFloat);
      at::set_num_threads(before);
      return made;
    };
    const Trace one = run(1), three = run(3);
    EXPECT_TRUE(one.output.equal(three.output)) << type;
    for (size_t i = 0; i < one.gradients.size(); ++i)
      EXPECT_TRUE(one.gradients[i].equal(three.gradients[i])) << type << ", " << i;
  }
}

TEST(TrainingLayer, DoesNotHideAScoreThatIsNotANumber) {
  ANGLE_REQUIRE(avx2);
  for (const at::ScalarType type : types_here()) {
    Tensor input = at::randn({60, int64_t{3} * 32});
    const int64_t key = 32, second_head = 16;
    input[3][key + second_head].fill_(std::numeric_limits<float>::quiet_NaN());
    const Tensor context = attention_with_gradient(input.to(type), texts_of({20, 40}), 2, DropoutMask());
    const Tensor met = context.narrow(0, 0, 20).narrow(1, 16, 16);  // by the queries of its text
    EXPECT_TRUE(met.isnan().all().item<bool>()) << type;
    EXPECT_EQ(context.isnan().sum().item<int64_t>(), met.numel()) << type;
  }
}

TEST(TrainingLayer, LeavesAloneWhatHasNoGradient) {
  ANGLE_REQUIRE(avx2);
  Encoder encoder = random_encoder(config_of(32, 2));
  const TokenBatch batch = texts_of({4, 9});
  const Tensor input = at::randn({batch.num_tokens(), 32});
  const EncoderLayer& layer = encoder.layers().front();
  EXPECT_FALSE(encoder.apply_layer(layer, input, batch).requires_grad());
  layer.output.weight.requires_grad_(true);
  encoder.apply_layer(layer, input, batch).sum().backward();
  EXPECT_TRUE(layer.output.weight.grad().defined());
  EXPECT_FALSE(layer.intermediate.weight.grad().defined());
  EXPECT_FALSE(layer.output_norm.weight.grad().defined());
}

}  // namespace
}  // namespace angle
