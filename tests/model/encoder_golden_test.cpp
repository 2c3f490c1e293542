// The encoder against Hugging Face transformers and sentence-transformers (tests/golden/models, see its
// README):
//  - hidden states after the embeddings and after every layer, and the last hidden state of all texts, 2e-5
//    in float32;
//  - the same in float64 at 1e-9, which leaves no room for a wrong epsilon, GELU or order of operations;
//  - weights under every naming: plain, prefixed, gamma/beta, sharded;
//  - packed (inference) weights give the same numbers as plain ones;
//  - a text's embedding does not depend on the texts in its batch, but for rounding.

#include <map>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/io/json.h"
#include "angle/model/encoder.h"
#include "angle/model/pooling.h"
#include "angle/model/weights.h"

#include "support/golden.h"

namespace angle {
namespace {

/// A tiny model and what the reference computes with it.
struct GoldenModel {
  explicit GoldenModel(const std::filesystem::path& directory)
      : encoder(parse_encoder_config(read_json(directory / "config.json"), "config.json")) {
    load_weights(directory, encoder.checkpoint_tensors());
    for (const auto& [name, tensor] : read_all(directory / "expected.safetensors")) expected[name] = tensor;
    const Tensor ids = expected.at("input_ids"), mask = expected.at("attention_mask");
    for (int64_t text = 0; text < ids.size(0); ++text) {
      const auto length = mask[text].sum().item<int64_t>();
      auto& row = token_ids.emplace_back();
      for (int64_t t = 0; t < length; ++t) row.push_back(ids[text][t].item<int64_t>());
    }
  }

  static std::map<std::string, Tensor> read_all(const std::filesystem::path& file) {
    std::map<std::string, Tensor> tensors;
    for (const NamedTensor& entry : read_tensors(file)) tensors[entry.name] = entry.tensor;
    return tensors;
  }

  /// The rows of a padded [texts, length, hidden] tensor that are tokens, in the order of pack().
  Tensor packed(const Tensor& padded, size_t texts) const {
    const TokenBatch batch = pack(std::span(token_ids).first(texts));
    std::vector<Tensor> rows(texts);
    for (size_t text = 0; text < texts; ++text)
      rows[static_cast<size_t>(batch.row_of_text[static_cast<int64_t>(text)].item<int64_t>())] =
          padded[static_cast<int64_t>(text)].narrow(0, 0, static_cast<int64_t>(token_ids[text].size()));
    return at::cat(rows);
  }

  Encoder encoder;
  std::map<std::string, Tensor> expected;
  std::vector<std::vector<int64_t>> token_ids;
};

double largest_difference(const Tensor& left, const Tensor& right) {
  EXPECT_EQ(left.sizes(), right.sizes());
  return (left - right).abs().max().item<double>();
}

void expect_hidden_states(GoldenModel& golden, const std::string& suffix, double tolerance) {
  const at::NoGradGuard no_grad;
  const TokenBatch batch = pack(std::span(golden.token_ids).first(4));
  Tensor hidden = golden.encoder.embed_tokens(batch);
  EXPECT_LE(largest_difference(hidden, golden.packed(golden.expected.at("hidden_states" + suffix + ".0"), 4)),
            tolerance);
  for (size_t layer = 0; layer < golden.encoder.layers().size(); ++layer) {
    hidden = golden.encoder.apply_layer(golden.encoder.layers()[layer], hidden, batch);
    const std::string name = "hidden_states" + suffix + "." + std::to_string(layer + 1);
    EXPECT_LE(largest_difference(hidden, golden.packed(golden.expected.at(name), 4)), tolerance) << name;
  }
}

void expect_token_embeddings(GoldenModel& golden, const std::string& suffix, double tolerance) {
  const at::NoGradGuard no_grad;
  const Tensor actual = golden.encoder.forward(pack(golden.token_ids));
  const Tensor expected =
      golden.packed(golden.expected.at("token_embeddings" + suffix), golden.token_ids.size());
  EXPECT_LE(largest_difference(actual, expected), tolerance);
}

class EncoderGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(EncoderGolden, MatchesTransformersInFloat32) {
  ANGLE_REQUIRE_GOLDEN(directory, std::string("models/") + GetParam());
  GoldenModel golden(directory);
  expect_hidden_states(golden, "", 2e-5);
  expect_token_embeddings(golden, "", 2e-5);
}

TEST_P(EncoderGolden, MatchesTransformersWithPrepackedWeights) {
  ANGLE_REQUIRE_GOLDEN(directory, std::string("models/") + GetParam());
  GoldenModel golden(directory);
  golden.encoder.prepack();
  expect_token_embeddings(golden, "", 2e-5);
}

TEST_P(EncoderGolden, GivesTheSameTokenEmbeddingsAloneAndInABatch) {
  ANGLE_REQUIRE_GOLDEN(directory, std::string("models/") + GetParam());
  GoldenModel golden(directory);
  golden.encoder.prepack();
  // Without angle's kernels oneDNN takes other ones for other numbers of rows.
  const double tolerance = cpu_features().avx2 ? 1e-6 : 5e-6;
  const at::NoGradGuard no_grad;
  const TokenBatch batch = pack(golden.token_ids);
  const Tensor together =
      pool(golden.encoder.forward(batch), batch, Pooling::mean).index_select(0, batch.row_of_text);
  for (size_t text = 0; text < golden.token_ids.size(); ++text) {
    const TokenBatch single = pack(std::span(golden.token_ids).subspan(text, 1));
    const Tensor alone = pool(golden.encoder.forward(single), single, Pooling::mean);
    EXPECT_LE(largest_difference(alone[0], together[static_cast<int64_t>(text)]), tolerance)
        << "text " << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EncoderGolden,
                         ::testing::Values("tiny-bert", "tiny-bert-cls", "tiny-bert-sharded",
                                           "tiny-bert-prefixed", "tiny-roberta", "tiny-xlmr"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(EncoderGoldenFloat64, MatchesTransformers) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-bert");
  GoldenModel golden(directory);
  golden.encoder.to(at::kDouble);
  expect_hidden_states(golden, "_f64", 1e-9);
  expect_token_embeddings(golden, "_f64", 1e-9);
}

TEST(PoolingGolden, MatchesTheReferenceInFloat64) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-bert");
  GoldenModel golden(directory);
  golden.encoder.to(at::kDouble);
  const at::NoGradGuard no_grad;
  const TokenBatch batch = pack(golden.token_ids);
  const Tensor token_embeddings = golden.encoder.forward(batch);
  for (const char* name : {"cls", "mean", "max", "cls_avg", "last", "mean_sqrt_len", "weightedmean"}) {
    const Tensor actual =
        pool(token_embeddings, batch, parse_pooling(name)).index_select(0, batch.row_of_text);
    EXPECT_LE(largest_difference(actual, golden.expected.at(std::string("pool_f64.") + name)), 1e-9) << name;
  }
  // cls_max has no golden values of its own: it is the mean of two that have.
  const Tensor expected = (golden.expected.at("pool_f64.cls") + golden.expected.at("pool_f64.max")) / 2;
  EXPECT_LE(largest_difference(
                pool(token_embeddings, batch, Pooling::cls_max).index_select(0, batch.row_of_text), expected),
            1e-9);
}

}  // namespace
}  // namespace angle
