// The encoder packed for inference, in float32, bfloat16 and int8:
//  - gives the token embeddings of the plain one, for texts of one token to many, heads of many sizes, every
//    activation and position scheme: within 2e-5 in float32, close in the others;
//  - gives a text the same vectors alone, in any batch and with any number of threads, to the bit;
//  - gives the first tokens' rows alone as it gives them among all;
//  - falls back to oneDNN for sizes that the kernels do not take, and refuses them in int8;
//  - refuses ids that are not in its tables.

#include "model/inference_encoder.h"

#include <cmath>
#include <numeric>
#include <tuple>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/model/encoder.h"

#include "support/expect_error.h"
#include "support/tensor_matchers.h"

namespace angle {
namespace {

using testing::tensors_close;

struct Shape {
  std::string name;
  int64_t hidden, heads, intermediate;
  Activation activation = Activation::gelu;
  Architecture architecture = Architecture::bert;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

const Shape kShapes[] = {{"MiniLm", 384, 12, 1536},
                         {"HeadsOf64", 192, 3, 400},
                         {"HeadsOf96", 96, 1, 64},
                         {"HeadsOf2", 16, 8, 16, Activation::gelu_tanh},
                         {"HeadsOf20", 80, 4, 176, Activation::relu, Architecture::roberta}};

EncoderConfig make_config(const Shape& shape) {
  return {.architecture = shape.architecture,
          .vocab_size = 50,
          .hidden_size = shape.hidden,
          .num_hidden_layers = 2,
          .num_attention_heads = shape.heads,
          .intermediate_size = shape.intermediate,
          .max_position_embeddings = 260,
          .type_vocab_size = 2,
          .pad_token_id = shape.architecture == Architecture::roberta ? 1 : 0,
          .hidden_act = shape.activation};
}

/// Weights as large as trained ones: attention that is neither flat nor a choice of one token.
Encoder make_encoder(const EncoderConfig& config) {
  at::manual_seed(5);
  Encoder encoder(config);
  for (const NamedTensor& weight : encoder.checkpoint_tensors()) {
    const bool is_matrix = weight.tensor.dim() == 2;
    const bool is_scale = weight.name.ends_with("LayerNorm.weight");
    weight.tensor.normal_(is_scale ? 1 : 0, is_matrix ? 1.5 / std::sqrt(weight.tensor.size(1)) : 0.1);
  }
  return encoder;
}

std::vector<std::vector<int64_t>> some_token_ids() {
  std::vector<std::vector<int64_t>> texts;
  for (const int64_t length : {1, 2, 2, 5, 11, 12, 13, 16, 17, 17, 31, 64, 65, 130, 255}) {
    auto& text = texts.emplace_back(length);
    std::iota(text.begin(), text.end(), 3 * length);
    for (int64_t& id : text) id = id * id % 50;
  }
  return texts;
}

/// The error in relation to the values, both as root mean squares.
double relative_error(const Tensor& actual, const Tensor& expected) {
  return ((actual - expected).square().mean() / expected.square().mean()).sqrt().item<double>();
}

class InferenceEncoderOf : public ::testing::TestWithParam<std::tuple<Shape, Precision>> {
 protected:
  void SetUp() override {
    const std::string obstacle = InferenceEncoder::obstacle(config, precision);
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
    plain = make_encoder(config);
    packed = plain;
    packed.prepack(precision);
    ASSERT_TRUE(packed.is_prepacked());
  }

  const at::NoGradGuard no_grad;
  const EncoderConfig config = make_config(std::get<0>(GetParam()));
  const Precision precision = std::get<1>(GetParam());
  const std::vector<std::vector<int64_t>> texts = some_token_ids();
  Encoder plain{config, at::kMeta};
  Encoder packed{config, at::kMeta};
};

TEST_P(InferenceEncoderOf, KeepsNoSecondCopyOfTheLayers) {
  EXPECT_TRUE(packed.layers().empty());
  EXPECT_THROW(packed.prepack(precision), c10::Error);  // or it would compute with no layers
  EXPECT_EQ(packed.device(), at::Device(at::kCPU));
  EXPECT_EQ(plain.layers().size(), static_cast<size_t>(config.num_hidden_layers));  // of others they stay
}

TEST_P(InferenceEncoderOf, GivesTheTokenEmbeddingsOfThePlainOne) {
  const TokenBatch batch = pack(texts);
  const Tensor expected = plain.forward(batch);
  const Tensor actual = packed.forward(batch);
  if (precision == Precision::float32) {
    EXPECT_TRUE(tensors_close(actual, expected, 2e-5));
  }
  EXPECT_LE(relative_error(actual, expected), precision == Precision::float32 ? 2e-6 : 0.03);
}

TEST_P(InferenceEncoderOf, GivesATextTheSameVectorsAloneAndInABatchToTheBit) {
  const TokenBatch batch = pack(texts);
  const Tensor together = packed.forward(batch);
  int64_t first = 0;  // `texts` are sorted by length
  for (const auto& text : texts) {
    const auto length = static_cast<int64_t>(text.size());
    EXPECT_TRUE(at::equal(packed.forward(pack(std::span(&text, 1))), together.narrow(0, first, length)))
        << length << " tokens";
    first += length;
  }
}

TEST_P(InferenceEncoderOf, GivesTheSameWithAnyNumberOfThreads) {
  const TokenBatch batch = pack(texts);
  const int threads = at::get_num_threads();
  const Tensor with_some = packed.forward(batch);
  at::set_num_threads(3);
  const Tensor with_three = packed.forward(batch);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(with_some, with_three));
}

TEST_P(InferenceEncoderOf, GivesTheRowsOfFirstTokensAlone) {
  const TokenBatch batch = pack(texts);
  std::vector<int64_t> first_tokens;
  int64_t first = 0;
  for (const auto& text : texts) {
    first_tokens.push_back(first);
    first += static_cast<int64_t>(text.size());
  }
  const Tensor expected = packed.forward(batch).index_select(0, at::tensor(first_tokens));
  EXPECT_TRUE(at::equal(packed.forward_first_tokens(batch), expected));
}

INSTANTIATE_TEST_SUITE_P(Shapes, InferenceEncoderOf,
                         ::testing::Combine(::testing::ValuesIn(kShapes),
                                            ::testing::Values(Precision::float32, Precision::bfloat16,
                                                              Precision::int8)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).name + "_" +
                                  nlohmann::json(std::get<1>(instance.param)).get<std::string>();
                         });

TEST(InferenceEncoder, LeavesSizesThatItsKernelsDoNotTakeToOneDnn) {
  const at::NoGradGuard no_grad;
  const TokenBatch batch = pack(some_token_ids());
  for (const Shape& shape : {Shape{"Width40", 40, 4, 64}, Shape{"OddHeads", 48, 16, 64}}) {
    const Encoder plain = make_encoder(make_config(shape));
    Encoder packed = plain;
    packed.prepack();
    EXPECT_FALSE(packed.is_prepacked()) << shape.name;
    EXPECT_TRUE(tensors_close(packed.forward(batch), plain.forward(batch), 2e-5)) << shape.name;
  }
}

TEST(InferenceEncoder, RefusesInt8ForThoseSizesAndSaysWhy) {
  if (!InferenceEncoder::obstacle(make_config(kShapes[0]), Precision::int8).empty())
    GTEST_SKIP() << "this CPU refuses int8 for every size";
  Encoder wide = make_encoder(make_config({"Width40", 40, 4, 64}));
  EXPECT_ERROR(wide.prepack(Precision::int8), "precision int8", "hidden_size 40", "multiples of 16",
               cpu_features().bfloat16() ? "use float32 or bfloat16" : "multiples of 16; use float32");
  Encoder odd = make_encoder(make_config({"OddHeads", 48, 16, 64}));
  EXPECT_ERROR(odd.prepack(Precision::int8), "odd size, 3");
}

TEST(InferenceEncoder, RefusesIdsThatAreNotInItsTables) {
  Encoder encoder = make_encoder(make_config(kShapes[1]));
  encoder.prepack();
  if (!encoder.is_prepacked()) GTEST_SKIP() << "no AVX2";
  EXPECT_THROW(encoder.forward(pack(std::vector<std::vector<int64_t>>{{1, 50}})), c10::Error);
  EXPECT_THROW(encoder.forward(pack(std::vector<std::vector<int64_t>>{{-1, 2}})), c10::Error);
  EXPECT_THROW(encoder.forward(pack(std::vector<std::vector<int64_t>>{std::vector<int64_t>(261, 1)})),
               c10::Error);
}

}  // namespace
}  // namespace angle
