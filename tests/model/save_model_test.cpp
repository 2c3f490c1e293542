// Saving a model:
//  - what was saved loads to the same bits, vectors, prompts and length, also over the directory it came
//    from;
//  - the layout is the legacy one of sentence-transformers, tokenizer files are copied byte for byte;
//  - what that layout cannot express is refused before anything is written.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
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

class SavedModels : public ::testing::TestWithParam<const char*> {};

TEST_P(SavedModels, LoadToTheSameBits) {
  Model model = load_model(testing::golden_path(std::string("models/") + GetParam()));
  const TempDir output;
  save_model(model, output.path());
  Model again = load_model(output.path());
  EXPECT_EQ(again.describe(), model.describe());
  EXPECT_EQ(again.prompts, model.prompts);
  EXPECT_EQ(again.default_prompt, model.default_prompt);
  const auto before = model.encoder.checkpoint_tensors(), after = again.encoder.checkpoint_tensors();
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor)) << before[i].name;
  ASSERT_EQ(again.pooler.size(), model.pooler.size());
  for (size_t i = 0; i < model.pooler.size(); ++i)
    EXPECT_TRUE(at::equal(again.pooler[i].tensor, model.pooler[i].tensor));
  EXPECT_TRUE(at::equal(embed(again, golden_texts()), embed(model, golden_texts())));
}

INSTANTIATE_TEST_SUITE_P(Models, SavedModels, ::testing::ValuesIn(testing::kGoldenModels),
                         testing::test_name);

TEST(SaveModel, WritesTheLegacyLayout) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  const TempDir output;
  save_model(model, output.path());
  const json modules = read_json(output.path() / "modules.json");
  ASSERT_EQ(modules.size(), 3u);
  EXPECT_EQ(modules[0].at("type"), "sentence_transformers.models.Transformer");
  EXPECT_EQ(modules[1].at("type"), "sentence_transformers.models.Pooling");
  EXPECT_EQ(modules[2].at("type"), "sentence_transformers.models.Normalize");
  const json pooling = read_json(output.path() / "1_Pooling/config.json");
  EXPECT_EQ(pooling.at("pooling_mode_mean_tokens"), true);
  EXPECT_EQ(pooling.at("pooling_mode_cls_token"), false);
  EXPECT_EQ(pooling.at("word_embedding_dimension"), 32);
  EXPECT_EQ(read_json(output.path() / "sentence_bert_config.json"),
            (json{{"max_seq_length", 48}, {"do_lower_case", false}}));
  const json angle_config = read_json(output.path() / "angle_config.json");
  EXPECT_EQ(angle_config.at("pooling_strategy"), "mean");
  EXPECT_EQ(angle_config.at("max_length"), 48);
  EXPECT_EQ(read_json(output.path() / "config.json"),
            read_json(testing::golden_path("models/tiny-bert") / "config.json"));
  for (const char* file : {"tokenizer.json", "tokenizer_config.json", "vocab.txt"})
    EXPECT_EQ(read_file(output.path() / file), read_file(testing::golden_path("models/tiny-bert") / file));
}

TEST(SaveModel, SaysFloat32WhateverTheModelCameIn) {
  const ModelCopy copy;
  copy.edit("config.json", [](json& config) {
    config["dtype"] = "bfloat16";
    config["torch_dtype"] = "float16";
  });
  Model model = load_model(copy.path());
  const TempDir output;
  save_model(model, output.path());
  EXPECT_EQ(read_json(output.path() / "config.json").at("dtype"), "float32");
  EXPECT_EQ(read_json(output.path() / "config.json").at("torch_dtype"), "float32");
}

TEST(SaveModel, WritesOverTheDirectoryItWasReadFrom) {
  for (const char* name : {"tiny-bert", "tiny-bert-sharded", "tiny-bert-prefixed"}) {
    SCOPED_TRACE(name);
    const ModelCopy copy(name);
    Model model = load_model(copy.path());
    model.encoder.encoder.checkpoint_tensors()[0].tensor.mul_(1.5);
    model.max_seq_length = 40;
    save_model(model, copy.path());
    Model again = load_model(copy.path());
    EXPECT_EQ(again.max_seq_length, 40);
    EXPECT_TRUE(at::equal(embed(again, golden_texts()), embed(model, golden_texts())));
    EXPECT_EQ(again.encoder.pooling, model.encoder.pooling);
  }
}

TEST(SaveModel, WritesTheSameBytesTwice) {
  Model model = load_model(testing::golden_path("models/tiny-bert-prefixed"));
  const TempDir output;
  save_model(model, output.path() / "a");
  save_model(model, output.path() / "b");
  const auto entries = [&](const char* name) {
    return std::distance(fs::recursive_directory_iterator(output.path() / name), {});
  };
  EXPECT_EQ(entries("a"), entries("b"));
  for (const auto& entry : fs::recursive_directory_iterator(output.path() / "a"))
    if (entry.is_regular_file()) {
      const fs::path twin = output.path() / "b" / fs::relative(entry.path(), output.path() / "a");
      EXPECT_EQ(read_file(entry.path()), read_file(twin)) << entry.path();
    }
}

TEST(SaveModel, RefusesAnOrderThatTheLayoutDoesNotHave) {
  using Poolings = std::vector<Pooling>;
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  for (const Poolings& poolings :
       {Poolings{Pooling::mean, Pooling::cls}, Poolings{Pooling::mean, Pooling::mean}}) {
    model.encoder.pooling = poolings;
    EXPECT_ERROR(check_can_save(model), "each once and in one order only", "cls, max, mean");
  }
  model.encoder.pooling = {Pooling::cls, Pooling::mean, Pooling::last};
  EXPECT_NO_THROW(check_can_save(model));
}

TEST(SaveModel, RefusesPoolingThatSentenceTransformersDoesNotHave) {
  const ModelCopy copy;
  for (const Pooling pooling : {Pooling::cls_avg, Pooling::cls_max}) {
    Model model = load_model(copy.path());
    model.encoder.pooling = {pooling};
    const TempDir output;
    EXPECT_ERROR(save_model(model, output.path() / "model"), "pooling " + pooling_name(pooling),
                 "sentence-transformers has no such pooling", "choose cls, mean");
    EXPECT_FALSE(fs::exists(output.path() / "model"));
  }
}

}  // namespace
}  // namespace angle
