// Model directories:
//  - the embeddings of every golden model are those of sentence-transformers to 2e-5, through load_model and
//    Embedder, and the same alone and in a batch to 1e-6, without AVX2 to 5e-6;
//  - both layouts of sentence-transformers, bare Hugging Face directories and angle_emb's angle_config.json
//    mean what they mean there; what was assumed is noted;
//  - what is missing, damaged or does not fit together is an error that names file and value; a config.json
//    that claims terabytes is refused without asking for them;
//  - a model is found by its path or its name.

#include "angle/model/model_directory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"

#include "model/golden_models.h"
#include "support/environment.h"
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

class GoldenModels : public ::testing::TestWithParam<const char*> {
 protected:
  fs::path directory() const { return testing::golden_path(std::string("models/") + GetParam()); }
};

TEST_P(GoldenModels, GiveTheEmbeddingsOfSentenceTransformers) {
  ASSERT_FALSE(directory().empty());
  Model model = load_model(directory());
  const Tensor expected = golden_tensor(GetParam(), "sentence_embedding");
  EXPECT_TRUE(tensors_close(embed(model, golden_texts()), expected, 2e-5));
}

TEST_P(GoldenModels, GiveTheSameAloneAndInABatch) {
  Model model = load_model(directory());
  model.encoder.prepare_inference(at::kCPU, Precision::float32);
  // Without angle's kernels oneDNN takes other ones for other numbers of rows.
  const double tolerance = cpu_features().avx2 ? 1e-6 : 5e-6;
  const std::vector<std::string> texts = golden_texts();
  const Tensor together = embed(model, texts);
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_TRUE(tensors_close(embed(model, {texts[i]})[0], together[static_cast<int64_t>(i)], tolerance))
        << texts[i];
}

TEST_P(GoldenModels, ShareTheirTokenizerWithLoadModelTokenizer) {
  const Model model = load_model(directory());
  const ModelTokenizer tokenizer = load_model_tokenizer(directory());
  EXPECT_EQ(tokenizer.max_seq_length, model.max_seq_length);
  for (const std::string& text : golden_texts())
    EXPECT_EQ(tokenizer.tokenizer->encode(text, tokenizer.max_seq_length).token_ids,
              model.tokenizer->encode(text, model.max_seq_length).token_ids);
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenModels, ::testing::ValuesIn(testing::kGoldenModels),
                         testing::test_name);

TEST(ModelDirectory, ReadsTheNewLayout) {
  const Model model = load_model(testing::golden_path("models/tiny-bert"));
  EXPECT_EQ(model.describe(), "BERT 3 × 32 → mean → normalize, at most 48 tokens");
  EXPECT_EQ(model.prompts, (std::map<std::string, std::string>{{"document", ""}, {"query", ""}}));
  EXPECT_TRUE(model.train_config.is_null());
}

TEST(ModelDirectory, ReadsTheLegacyLayout) {
  const Model model = load_model(testing::golden_path("models/tiny-bert-cls"));
  EXPECT_EQ(model.describe(), "BERT 2 × 32 → cls, at most 32 tokens");
  EXPECT_TRUE(model.notes.empty());
}

TEST(ModelDirectory, ReadsABareOneAndSaysWhatItAssumed) {
  const Model model = load_model(testing::golden_path("models/tiny-bert-prefixed"));
  EXPECT_EQ(model.describe(), "BERT 2 × 32 → mean, at most 48 tokens");
  ASSERT_FALSE(model.notes.empty());
  EXPECT_THAT(model.notes[0], HasSubstr("mean pooling and no normalisation are assumed"));
}

TEST(ModelDirectory, FindsTheTransformerInAFolderOfItsOwn) {
  const ModelCopy copy;
  fs::create_directories(copy.path() / "0_Transformer");
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                           "sentence_bert_config.json"})
    fs::rename(copy.path() / file, copy.path() / "0_Transformer" / file);
  copy.edit("modules.json", [](json& modules) { modules[0]["path"] = "0_Transformer"; });
  Model model = load_model(copy.path());
  EXPECT_TRUE(
      tensors_close(embed(model, golden_texts()), golden_tensor("tiny-bert", "sentence_embedding"), 2e-5));
  save_model(model, copy.path());
  Model again = load_model(copy.path());
  EXPECT_TRUE(at::equal(embed(again, golden_texts()), embed(model, golden_texts())));
}

TEST(ModelDirectory, FollowsAngleConfig) {
  const ModelCopy copy("tiny-bert-prefixed");
  copy.write_json("angle_config.json", json({{"pooling_strategy", "cls_avg"}, {"max_length", 20}}));
  copy.edit("tokenizer_config.json", [](json& config) { config.erase("model_max_length"); });
  const Model model = load_model(copy.path());
  EXPECT_EQ(model.encoder.pooling, std::vector<Pooling>{Pooling::cls_avg});
  EXPECT_EQ(model.max_seq_length, 20);
  EXPECT_THAT(model.notes[0], HasSubstr("cls_avg is taken from angle_config.json"));

  copy.write_json("angle_config.json", json::object());
  EXPECT_EQ(load_model(copy.path()).encoder.pooling, std::vector<Pooling>{Pooling::cls});
  copy.write_json("angle_config.json", json({{"pooling_strategy", "avg"}}));
  EXPECT_EQ(load_model(copy.path()).encoder.pooling, std::vector<Pooling>{Pooling::mean});
}

TEST(ModelDirectory, RefusesWhatAngleConfigNeedsAndIsNotThere) {
  const ModelCopy copy("tiny-bert-prefixed");
  copy.write_json("angle_config.json", json({{"is_llm", true}}));
  EXPECT_ERROR(load_model(copy.path()), "angle_config.json", "is_llm: true is not supported");
  copy.write_json("angle_config.json", json({{"apply_lora", true}}));
  EXPECT_ERROR(load_model(copy.path()), "angle_config.json", "apply_lora: true is not supported");
  copy.write_json("angle_config.json", json({{"pooling_strategy", 3}}));
  EXPECT_ERROR(load_model(copy.path()), "angle_config.json",
               "pooling_strategy: expected a string, found number 3");
  copy.write_json("angle_config.json", json({{"pooling_strategy", "all"}}));
  EXPECT_ERROR(load_model(copy.path()), "angle_config.json", "\"all\": no such pooling");
}

TEST(ModelDirectory, CutsTheLengthToThePositionTable) {
  const ModelCopy copy;
  copy.edit("tokenizer_config.json", [](json& config) { config["model_max_length"] = 1e30; });
  EXPECT_EQ(load_model(copy.path()).max_seq_length, 64);
  copy.edit("sentence_bert_config.json", [](json& config) { config["max_seq_length"] = 100; });
  EXPECT_EQ(load_model(copy.path()).max_seq_length, 64);
  copy.edit("sentence_bert_config.json", [](json& config) { config["max_seq_length"] = 30; });
  EXPECT_EQ(load_model(copy.path()).max_seq_length, 30);
  copy.edit("sentence_bert_config.json", [](json& config) { config["max_seq_length"] = "30"; });
  EXPECT_ERROR(load_model(copy.path()), "max_seq_length: expected a number, found string \"30\"");
  copy.edit("sentence_bert_config.json", [](json& config) { config["max_seq_length"] = 1; });
  EXPECT_ERROR(load_model(copy.path()),
               "sentence_bert_config.json: max_seq_length: expected at least 2 tokens, found 1");
}

TEST(ModelDirectory, LowercasesForSentenceBertConfigAndSavesThat) {
  for (const char* name : {"tiny-roberta", "tiny-xlmr"}) {
    const ModelCopy copy(name);
    const std::string text = "The BOATS Waited";
    const auto ids = [](const auto& model, const std::string& of) {
      return model.tokenizer->encode(of, 48).token_ids;
    };
    EXPECT_NE(ids(load_model(copy.path()), text), ids(load_model(copy.path()), "the boats waited")) << name;
    copy.write("sentence_bert_config.json", R"({"max_seq_length": 48, "do_lower_case": true})");
    Model model = load_model(copy.path());
    EXPECT_EQ(ids(model, text), ids(model, "the boats waited")) << name;
    const TempDir output;
    save_model(model, output.path());
    EXPECT_EQ(read_json(output.path() / "sentence_bert_config.json").at("do_lower_case"), true);
    EXPECT_EQ(ids(load_model_tokenizer(output.path()), text), ids(model, text)) << name;
  }
}

TEST(ModelDirectory, ReadsThePrompts) {
  const ModelCopy copy;
  copy.write_json("config_sentence_transformers.json",
                  json({{"prompts", {{"query", "find: "}}}, {"default_prompt_name", "query"}}));
  Model model = load_model(copy.path());
  EXPECT_EQ(model.default_prompt, "find: ");
  const TempDir output;
  save_model(model, output.path());
  EXPECT_EQ(load_model(output.path()).default_prompt, "find: ");

  copy.write_json("config_sentence_transformers.json", json({{"default_prompt_name", "query"}}));
  EXPECT_ERROR(load_model(copy.path()), "default_prompt_name: there is no prompt \"query\"");
  copy.write_json("config_sentence_transformers.json", json({{"prompts", {{"query", 1}}}}));
  EXPECT_ERROR(load_model(copy.path()), "config_sentence_transformers.json",
               "prompts.query: expected a string");
}

TEST(ModelDirectory, EmbedsNoPromptThatPoolingMustLeaveOut) {
  const ModelCopy copy;
  copy.edit("1_Pooling/config.json", [](json& config) { config["include_prompt"] = false; });
  Model model = load_model(copy.path());
  EXPECT_NO_THROW(embed(model, {"a cat"}));
  EXPECT_ERROR(Embedder(model, {.prompt = "query: "}), "include_prompt is false", "not supported");
  const TempDir output;
  save_model(model, output.path());
  EXPECT_FALSE(load_model(output.path()).include_prompt);
}

TEST(ModelDirectory, RefusesWhatIsNoModelDirectory) {
  const TempDir directory;
  EXPECT_ERROR(load_model(directory.path() / "absent"), "absent: no such model directory");
  EXPECT_ERROR(load_model(directory.file("file", "")), "file: expected a model directory, found a file");
  EXPECT_ERROR(load_model(directory.path()), "there is no config.json", "is it a model directory?");
  EXPECT_ERROR(load_model_tokenizer(directory.path()), "there is no config.json");
}

TEST(ModelDirectory, RefusesADamagedConfig) {
  const ModelCopy copy;
  const std::string file = (copy.path() / "config.json").string();
  copy.write("config.json", "");
  EXPECT_ERROR(load_model(copy.path()), file, "the file is empty");
  copy.write("config.json", "{\"hidden_size\": 32,");
  EXPECT_ERROR(load_model(copy.path()), file, "not valid JSON");
  copy.write("config.json", R"({"hidden_size": 32, "hidden_size": 64})");
  EXPECT_ERROR(load_model(copy.path()), file, "the key \"hidden_size\" occurs twice");
  copy.write("config.json", std::string(100000, '[') + std::string(100000, ']'));
  EXPECT_ERROR(load_model(copy.path()), file, "nested deeper than 64 levels");
  copy.write("config.json", "[]");
  EXPECT_ERROR(load_model(copy.path()), file, "expected a JSON object, found array");
}

TEST(ModelDirectory, ReportsEveryProblemOfTheConfig) {
  const ModelCopy copy;
  copy.edit("config.json", [](json& config) {
    config["num_attention_heads"] = 5;
    config["num_hidden_layers"] = 1000000000;
    config["hidden_act"] = "swish";
    config["position_embedding_type"] = "relative_key";
    config["vocab_size"] = "1205";
  });
  EXPECT_ERROR(load_model(copy.path()), "config.json: not a usable encoder configuration",
               "hidden_size 32 is not divisible by num_attention_heads 5",
               "num_hidden_layers: expected 1 to 1000", "hidden_act: \"swish\" is not supported",
               "position_embedding_type: \"relative_key\"",
               "vocab_size: expected an integer, found \"1205\"");
}

TEST(ModelDirectory, AsksForNoMemoryBeforeTheWeightsAreKnownToFit) {
  const ModelCopy copy;
  copy.edit("config.json", [](json& config) {  // 4 terabytes of word embeddings
    config["vocab_size"] = 1 << 24;
    config["hidden_size"] = 1 << 16;
    config["num_hidden_layers"] = 1000;
    config["intermediate_size"] = 1 << 24;
  });
  EXPECT_ERROR(
      load_model(copy.path()), "the weights do not fit config.json",
      "embeddings.word_embeddings.weight: shape [1205, 32] (config.json implies [16777216, 65536])",
      "encoder.layer.0.attention.self.query.weight: shape [32, 32] (config.json implies [65536, 65536])",
      "\n  … and ");
}

TEST(ModelDirectory, ListsMissingUnexpectedAndMisshapenTensorsTogether) {
  const ModelCopy copy;
  std::vector<NamedTensor> tensors = read_tensors(copy.path() / "model.safetensors");
  for (NamedTensor& entry : tensors) {
    if (entry.name == "encoder.layer.1.output.dense.bias") entry.name = "encoder.layer.9.output.dense.bias";
    if (entry.name == "encoder.layer.0.output.dense.bias") entry.tensor = at::zeros({31});
    if (entry.name == "encoder.layer.2.output.dense.bias") entry.tensor = at::full({32}, NAN);
  }
  write_tensors(copy.path() / "model.safetensors", tensors);
  EXPECT_ERROR(load_model(copy.path()), copy.path().string(), "encoder.layer.1.output.dense.bias: missing",
               "encoder.layer.9.output.dense.bias: unexpected",
               "encoder.layer.0.output.dense.bias: shape [31] (config.json implies [32])",
               "encoder.layer.2.output.dense.bias: has NaN or infinite elements");
}

TEST(ModelDirectory, RefusesPickledWeights) {
  const ModelCopy copy;
  copy.remove("model.safetensors");
  copy.write("pytorch_model.bin", "PK");
  EXPECT_ERROR(load_model(copy.path()), "pickled", "save_pretrained", copy.path().string());
}

TEST(ModelDirectory, RefusesATokenizerLargerThanTheEmbedding) {
  const ModelCopy copy;
  copy.edit("config.json", [](json& config) { config["vocab_size"] = 1000; });
  EXPECT_ERROR(load_model(copy.path()), "the tokenizer has 1205 tokens, config.json says vocab_size 1000");
}

TEST(ModelDirectory, LoadsWeightsOfOtherTypes) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    const ModelCopy copy;
    std::vector<NamedTensor> tensors = read_tensors(copy.path() / "model.safetensors");
    for (NamedTensor& entry : tensors) entry.tensor = entry.tensor.to(type);
    write_tensors(copy.path() / "model.safetensors", tensors);
    Model model = load_model(copy.path());
    for (const NamedTensor& entry : model.encoder.checkpoint_tensors())
      EXPECT_EQ(entry.tensor.scalar_type(), at::kFloat);
    const Tensor expected = golden_tensor("tiny-bert", "sentence_embedding");
    EXPECT_TRUE(tensors_close(embed(model, golden_texts()), expected, type == at::kDouble ? 2e-5 : 0.05));
  }
}

TEST(FindModel, TakesAPathOrANameInTheCache) {
  const TempDir cache;
  fs::create_directories(cache.path() / "models/some-model");
  fs::create_directories(cache.path() / "models/all-MiniLM-L6-v2");
  testing::Environment environment;
  environment.set("ANGLE_CACHE_DIR", cache.path().string());
  environment.set("ANGLE_MODEL", "");
  EXPECT_EQ(find_model(cache.path().string()), cache.path());
  EXPECT_EQ(find_model("some-model"), cache.path() / "models/some-model");
  EXPECT_EQ(find_model(""), cache.path() / "models/all-MiniLM-L6-v2");
  environment.set("ANGLE_MODEL", "some-model");
  EXPECT_EQ(find_model(""), cache.path() / "models/some-model");
  EXPECT_ERROR(find_model("other-model"), "other-model: neither a model directory nor a model in",
               "fetch it with scripts/fetch_model.sh other-model");
  environment.set("ANGLE_MODEL", "other-model");
  EXPECT_ERROR(find_model(""), "ANGLE_MODEL=other-model: neither a model directory nor a model in",
               "fetch it with scripts/fetch_model.sh other-model");
}

TEST(FindModel, KnowsAFetchedModelByOtherSpellings) {
  const TempDir cache;
  fs::create_directories(cache.path() / "models/all-MiniLM-L6-v2");
  fs::create_directories(cache.path() / "models/google-bert/bert-base-uncased");
  testing::Environment environment;
  environment.set("ANGLE_CACHE_DIR", cache.path().string());
  EXPECT_EQ(find_model("sentence-transformers/all-MiniLM-L6-v2"), cache.path() / "models/all-MiniLM-L6-v2");
  EXPECT_ERROR(find_model("somebody/all-MiniLM-L6-v2"), "somebody/all-MiniLM-L6-v2: no such directory");
  EXPECT_ERROR(find_model("sentence-transformers/"), "sentence-transformers/: no such directory");
  EXPECT_ERROR(find_model("all-minilm-l6-v2"), "; did you mean \"all-MiniLM-L6-v2\"?");
  EXPECT_ERROR(find_model("Google-BERT/bert-base-uncased"),
               "; did you mean \"google-bert/bert-base-uncased\"?");
}

TEST(FindModel, AdvisesToFetchNoPath) {
  const TempDir cache;
  testing::Environment environment;
  environment.set("ANGLE_CACHE_DIR", cache.path().string());
  const std::string file = cache.file("model.txt", "").string(), absent = cache.path().string() + "/absent";
  EXPECT_ERROR(find_model(file), file + ": a file; expected a model directory");
  for (const std::string& path : {absent, std::string("runs/absent")})
    EXPECT_ERROR(find_model(path), path + ": no such directory, nor a model of that name in",
                 "scripts/fetch_model.sh fetches those of the Hugging Face hub by OWNER/NAME");
  EXPECT_ERROR(find_model("runs/absent"),
               "the path of a model is relative to the working directory, in a configuration too");
}

}  // namespace
}  // namespace angle
