// The modules after the transformer:
//  - every pooling under its names in both layouts of sentence-transformers, several concatenated in the
//    order that applies there; projections with and without a bias;
//  - modules, orders, poolings and activations that are not implemented, values of the wrong type and paths
//    out of the directory are errors that name file and value.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/model/model_directory.h"

#include "model/golden_models.h"
#include "support/expect_error.h"
#include "support/model_copy.h"
#include "support/tensor_matchers.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::embed;
using testing::golden_tensor;
using testing::golden_texts;
using ::testing::HasSubstr;
using testing::ModelCopy;
using testing::TempDir;
using testing::tensor_of;
using testing::tensors_close;

Tensor normalized(const Tensor& rows) { return rows / rows.norm(2, 1, true); }

Model with_pooling(const ModelCopy& copy, const json& config) {
  copy.write_json("1_Pooling/config.json", config);
  return load_model(copy.path());
}

TEST(ModelDirectory, ReadsEveryPoolingOfBothLayouts) {
  const ModelCopy copy;
  const std::map<std::string, Pooling> new_names = {
      {"cls", Pooling::cls},        {"mean", Pooling::mean},
      {"max", Pooling::max},        {"mean_sqrt_len_tokens", Pooling::mean_sqrt_len},
      {"lasttoken", Pooling::last}, {"weightedmean", Pooling::weightedmean}};
  for (const auto& [name, pooling] : new_names)
    EXPECT_EQ(with_pooling(copy, {{"pooling_mode", name}}).encoder.pooling, std::vector<Pooling>{pooling});
  const std::map<std::string, Pooling> legacy_keys = {
      {"pooling_mode_cls_token", Pooling::cls},
      {"pooling_mode_mean_tokens", Pooling::mean},
      {"pooling_mode_max_tokens", Pooling::max},
      {"pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt_len},
      {"pooling_mode_lasttoken", Pooling::last},
      {"pooling_mode_weightedmean_tokens", Pooling::weightedmean}};
  for (const auto& [key, pooling] : legacy_keys)
    EXPECT_EQ(with_pooling(copy, {{key, true}}).encoder.pooling, std::vector<Pooling>{pooling});
}

TEST(ModelDirectory, ConcatenatesSeveralPoolings) {
  const ModelCopy copy;
  copy.edit("modules.json", [](json& modules) { modules.erase(2); });  // Normalize
  Model model = with_pooling(copy, {{"pooling_mode_mean_tokens", true}, {"pooling_mode_cls_token", true}});
  EXPECT_EQ(model.encoder.pooling, (std::vector<Pooling>{Pooling::cls, Pooling::mean}));
  EXPECT_EQ(model.encoder.dims(), 64);
  const Tensor expected =
      at::cat({golden_tensor("tiny-bert", "pool.cls"), golden_tensor("tiny-bert", "pool.mean")}, 1);
  EXPECT_TRUE(tensors_close(embed(model, golden_texts()), expected, 2e-5));
  const TempDir output;
  save_model(model, output.path());
  Model again = load_model(output.path());
  EXPECT_TRUE(at::equal(embed(again, golden_texts()), embed(model, golden_texts())));
}

TEST(ModelDirectory, RefusesPoolingItDoesNotKnow) {
  const ModelCopy copy;
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode", "meen"}}), "1_Pooling/config.json",
               "did you mean \"mean\"?");
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode", {"mean", 3}}}),
               "pooling_mode[1]: expected a string, found number 3");
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode_mean_tokens", false}}), "no pooling mode is set");
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode_mean_tokens", "yes"}}),
               "pooling_mode_mean_tokens: expected true or false, found string \"yes\"");
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode", "mean"}, {"include_prompt", 1}}),
               "include_prompt: expected true or false");
  copy.remove("1_Pooling");
  EXPECT_ERROR(load_model(copy.path()), "1_Pooling/config.json");
}

/// tiny-bert with a projection from 32 to `out` features between pooling and Normalize.
void add_dense(const ModelCopy& copy, int64_t out, const json& changes = {}) {
  json config = {{"in_features", 32},
                 {"out_features", out},
                 {"bias", true},
                 {"activation_function", "torch.nn.modules.activation.Tanh"}};
  config.update(changes.is_null() ? json::object() : changes);
  copy.write_json("2_Dense/config.json", config);
  std::vector<NamedTensor> tensors = {{"linear.weight", at::randn({out, 32}) / 8}};
  if (config["bias"] == true) tensors.push_back({"linear.bias", at::randn({out})});
  write_tensors(copy.path() / "2_Dense/model.safetensors", tensors);
  copy.edit("modules.json", [](json& modules) {
    if (modules.size() == 3)
      modules.insert(modules.begin() + 2,
                     json::object({{"path", "2_Dense"}, {"type", "sentence_transformers.models.Dense"}}));
  });
}

TEST(ModelDirectory, AppliesAProjection) {
  const ModelCopy copy;
  add_dense(copy, 10);
  Model model = load_model(copy.path());
  EXPECT_EQ(model.describe(), "BERT 3 × 32 → mean → dense 10 → normalize, at most 48 tokens");
  EXPECT_EQ(model.encoder.dims(), 10);
  const Tensor pooled = golden_tensor("tiny-bert", "pool.mean");
  const fs::path weights = copy.path() / "2_Dense/model.safetensors";
  const Tensor projected =
      at::linear(pooled, tensor_of(weights, "linear.weight"), tensor_of(weights, "linear.bias")).tanh();
  EXPECT_TRUE(tensors_close(embed(model, golden_texts()), normalized(projected), 2e-5));
  const TempDir output;
  save_model(model, output.path());
  Model again = load_model(output.path());
  EXPECT_EQ(again.describe(), model.describe());
  EXPECT_TRUE(at::equal(embed(again, golden_texts()), embed(model, golden_texts())));
}

TEST(ModelDirectory, AppliesAProjectionWithoutBias) {
  const ModelCopy copy;
  add_dense(copy, 6, {{"bias", false}, {"activation_function", "torch.nn.modules.linear.Identity"}});
  Model model = load_model(copy.path());
  const Tensor pooled = golden_tensor("tiny-bert", "pool.mean");
  const Tensor weight = tensor_of(copy.path() / "2_Dense/model.safetensors", "linear.weight");
  EXPECT_TRUE(tensors_close(embed(model, golden_texts()), normalized(pooled.matmul(weight.t())), 2e-5));
}

TEST(ModelDirectory, RefusesProjectionsThatDoNotFit) {
  const ModelCopy copy;
  add_dense(copy, 10, {{"activation_function", "torch.nn.modules.activation.Mish"}});
  EXPECT_ERROR(load_model(copy.path()), "2_Dense/config.json", "Mish is not supported");
  add_dense(copy, 10, {{"in_features", "32"}});
  EXPECT_ERROR(load_model(copy.path()), "in_features: expected an integer");
  add_dense(copy, 10, {{"out_features", 0}});
  EXPECT_ERROR(load_model(copy.path()), "out_features: expected 1 to");
  add_dense(copy, 10, {{"out_features", 11}});
  EXPECT_ERROR(load_model(copy.path()), "linear.weight: shape [10, 32] (config.json implies [11, 32])");
  add_dense(copy, 10, {{"in_features", 1 << 24}, {"out_features", 1 << 24}});
  EXPECT_ERROR(load_model(copy.path()), "linear.weight: shape [10, 32]");
  add_dense(copy, 10, {{"module_input_name", "token_embeddings"}});
  EXPECT_ERROR(load_model(copy.path()), "module_input_name: \"token_embeddings\" is not supported");
  add_dense(copy, 10);
  with_pooling(copy, {{"pooling_mode", "mean"}});
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode", {"cls", "mean"}}}),
               "a Dense module takes 32 features, but 64 come out of the step before it");
}

TEST(ModelDirectory, RefusesModulesItDoesNotImplement) {
  const ModelCopy copy;
  copy.edit("modules.json", [](json& modules) {
    modules.push_back({{"path", "3_LayerNorm"}, {"type", "sentence_transformers.models.LayerNorm"}});
  });
  EXPECT_ERROR(load_model(copy.path()), "modules.json",
               "module type sentence_transformers.models.LayerNorm is not supported",
               "Transformer, Pooling, Dense, Normalize");
}

TEST(ModelDirectory, RefusesCodeOfTheModelsOwn) {
  const ModelCopy copy;
  copy.edit("modules.json", [](json& modules) { modules[1]["type"] = "own_code.Pooling"; });
  EXPECT_ERROR(load_model(copy.path()),
               "modules.json: module type own_code.Pooling is code of the model's own");
}

TEST(ModelDirectory, RefusesPoolingsItDoesNotKnow) {
  const ModelCopy copy;
  const json mean = {{"pooling_mode_mean_tokens", true}, {"pooling_mode_median_tokens", false}};
  EXPECT_EQ(with_pooling(copy, mean).encoder.pooling, std::vector<Pooling>{Pooling::mean});
  EXPECT_ERROR(with_pooling(copy, {{"pooling_mode_mean_tokens", true}, {"pooling_mode_median_tokens", true}}),
               "1_Pooling/config.json: pooling_mode_median_tokens: this pooling is not supported");
}

TEST(ModelDirectory, RefusesModulesInAnOrderItDoesNotImplement) {
  const ModelCopy copy;
  const auto try_order = [&](const std::vector<size_t>& order) {
    json modules = json::array();
    const json original = read_json(testing::golden_path("models/tiny-bert") / "modules.json");
    for (const size_t i : order) modules.push_back(original[i]);
    copy.write_json("modules.json", modules);
    load_model(copy.path());
  };
  EXPECT_ERROR(try_order({1, 0}), "module Pooling at this place");
  EXPECT_ERROR(try_order({0, 1, 1}), "module Pooling at this place");
  EXPECT_ERROR(try_order({0, 2, 1}), "module Normalize at this place");
  EXPECT_ERROR(try_order({0, 0, 1}), "module Transformer at this place");
  EXPECT_ERROR(try_order({0, 1, 2, 2}), "module Normalize at this place");
  EXPECT_ERROR(try_order({0}), "expected a Transformer and a Pooling module");
  EXPECT_ERROR(try_order({}), "expected a Transformer and a Pooling module");
}

TEST(ModelDirectory, RefusesModulesThatAreNone) {
  const ModelCopy copy;
  copy.write("modules.json", "{}");
  EXPECT_ERROR(load_model(copy.path()), "modules.json", "expected an array of modules, found object");
  copy.write("modules.json", "[3]");
  EXPECT_ERROR(load_model(copy.path()), "expected modules with \"type\" and \"path\", found 3");
  copy.write("modules.json", R"([{"type":"Transformer","path":7}])");
  EXPECT_ERROR(load_model(copy.path()), "expected modules with \"type\" and \"path\"");
}

TEST(ModelDirectory, RefusesModulePathsOutOfTheDirectory) {
  const ModelCopy copy;
  for (const char* path : {"../1_Pooling", "/etc", "1_Pooling/../../x", ".."}) {
    copy.edit("modules.json", [&](json& modules) { modules[1]["path"] = path; });
    EXPECT_ERROR(load_model(copy.path()), "modules.json", "leads out of the model directory", path);
  }
}

}  // namespace
}  // namespace angle
