// Weights of a model directory:
//  - one file or shards; float32, float16, bfloat16 and float64, exactly where the type allows it;
//  - missing, unexpected, misshapen, doubled and non-finite tensors and wrong element types are in one error;
//  - prefixes and old names are taken, heads and buffers left out, the pooler handed back;
//  - an index may name plain files of its own directory only, all of them there;
//  - pickled weights are refused with the way to convert them;
//  - a damaged file is refused, wherever it was cut.

#include "angle/model/weights.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"
#include "support/tensor_matchers.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

using Tensors = std::vector<NamedTensor>;

/// What a model expects: two tensors of known content.
Tensors some_tensors() {
  return {{"embeddings.LayerNorm.weight", at::arange(4, at::kFloat) / 3},
          {"encoder.layer.0.output.dense.weight", at::arange(6, at::kFloat).view({2, 3}) - 2.5}};
}

Tensors expected() {
  Tensors tensors = some_tensors();
  for (NamedTensor& entry : tensors) entry.tensor = at::full_like(entry.tensor, 77);
  return tensors;
}

void expect_loads(const fs::path& directory, double tolerance = 0) {
  const Tensors loaded = expected();
  load_weights(directory, loaded);
  const Tensors original = some_tensors();
  for (size_t i = 0; i < loaded.size(); ++i)
    EXPECT_TRUE(testing::tensors_close(loaded[i].tensor, original[i].tensor, tolerance)) << loaded[i].name;
}

void write_model(const fs::path& directory, const Tensors& tensors) {
  write_tensors(directory / "model.safetensors", tensors);
}

Tensors converted(at::ScalarType type) {
  Tensors tensors = some_tensors();
  for (NamedTensor& entry : tensors) entry.tensor = entry.tensor.to(type);
  return tensors;
}

TEST(Weights, LoadExactly) {
  const TempDir directory;
  write_model(directory.path(), some_tensors());
  expect_loads(directory.path());
}

TEST(Weights, LoadFromEveryFloatingType) {
  const TempDir directory;
  write_model(directory.path(), converted(at::kDouble));
  expect_loads(directory.path());
  write_model(directory.path(), converted(at::kHalf));
  expect_loads(directory.path(), 1e-3);
  write_model(directory.path(), converted(at::kBFloat16));
  expect_loads(directory.path(), 1e-2);
}

TEST(Weights, TakePrefixesAndOldNames) {
  for (const std::string prefix : {"bert.", "roberta.", "0.auto_model.", "0.auto_model.bert."}) {
    const TempDir directory;
    Tensors tensors = some_tensors();
    tensors[0].name = prefix + "embeddings.LayerNorm.gamma";
    tensors[1].name = prefix + tensors[1].name;
    write_model(directory.path(), tensors);
    expect_loads(directory.path());
  }
}

TEST(Weights, LeaveHeadsAndBuffersOutAndHandBackThePooler) {
  const TempDir directory;
  Tensors tensors = some_tensors();
  tensors.push_back({"embeddings.position_ids", at::arange(4, at::kLong)});
  tensors.push_back({"cls.predictions.bias", at::zeros({2})});
  tensors.push_back({"lm_head.dense.weight", at::zeros({2})});
  tensors.push_back({"classifier.weight", at::zeros({2})});
  tensors.push_back({"bert.pooler.dense.bias", at::arange(2, at::kDouble)});
  write_model(directory.path(), tensors);
  expect_loads(directory.path());
  const Tensors pooler = WeightFiles(directory.path()).pooler();
  ASSERT_EQ(pooler.size(), 1u);
  EXPECT_EQ(pooler[0].name, "pooler.dense.bias");
  EXPECT_EQ(pooler[0].tensor.scalar_type(), at::kFloat);
  EXPECT_EQ(pooler[0].tensor[1].item<float>(), 1);
}

TEST(Weights, ListEveryProblemInOneError) {
  const TempDir directory;
  write_model(directory.path(),
              {{"misshapen", at::zeros({2, 3})},
               {"integers", at::zeros({2}, at::kInt)},
               {"not_a_number", at::full({2}, std::numeric_limits<float>::quiet_NaN())},
               {"infinite", at::tensor({1.f, -std::numeric_limits<float>::infinity()})},
               {"infinite_half", at::full({2}, std::numeric_limits<double>::infinity()).to(at::kHalf)},
               {"beyond_float32", at::tensor({1.0, -1e300}, at::kDouble)},
               {"doubled", at::zeros({2})},
               {"bert.doubled", at::zeros({2})},
               {"qa_outputs.weight", at::zeros({2})}});
  const Tensor two = at::empty({2});
  const Tensors asked = {
      {"absent", two},   {"misshapen", at::empty({3, 2})}, {"integers", two},       {"not_a_number", two},
      {"infinite", two}, {"infinite_half", two},           {"beyond_float32", two}, {"doubled", two}};
  EXPECT_ERROR(load_weights(directory.path(), asked), directory.path().string(), "absent: missing",
               "misshapen: shape [2, 3] (config.json implies [3, 2])", "integers: element type I32",
               "\n  not_a_number: has NaN or infinite elements", "\n  infinite: has NaN or infinite",
               "infinite_half: has NaN or infinite", "beyond_float32: has NaN or infinite",
               "doubled: in the checkpoint twice", "qa_outputs.weight: unexpected");
}

TEST(Weights, ChangeNothingWhenOneIsWrong) {
  const TempDir directory;
  Tensors tensors = some_tensors();
  tensors.pop_back();
  write_model(directory.path(), tensors);
  const Tensors asked = expected();
  EXPECT_ERROR(load_weights(directory.path(), asked), "missing");
  EXPECT_EQ(asked[0].tensor[0].item<float>(), 77);
}

TEST(Weights, AreCheckedAgainstShapesWithoutMemory) {
  const TempDir directory;
  write_model(directory.path(), some_tensors());
  const Tensors huge = {{"embeddings.LayerNorm.weight", at::empty({1 << 24, 1 << 16}, at::kMeta)},
                        {"encoder.layer.0.output.dense.weight", at::empty({2, 3}, at::kMeta)}};
  EXPECT_ERROR(WeightFiles(directory.path()).check(huge),
               "shape [4] (config.json implies [16777216, 65536])");
}

TEST(Weights, RefusePickledOnes) {
  const TempDir directory;
  directory.file("pytorch_model.bin", "PK");
  EXPECT_ERROR(WeightFiles(directory.path()), directory.path().string(), "pickled", "can run code",
               "so it is not;", "AutoModel.from_pretrained", "safe_serialization=True");
}

TEST(Weights, SayWhenThereAreNone) {
  const TempDir directory;
  EXPECT_ERROR(WeightFiles(directory.path()), "no model.safetensors", "is it a model directory?");
}

/// some_tensors() in two files and an index.
class Shards : public ::testing::Test {
 protected:
  void SetUp() override {
    const Tensors tensors = some_tensors();
    write_tensors(directory.path() / "a.safetensors", Tensors{tensors[0]});
    write_tensors(directory.path() / "b.safetensors", Tensors{tensors[1]});
    map = {{tensors[0].name, "a.safetensors"}, {tensors[1].name, "b.safetensors"}};
    write_index();
  }
  void write_index() { directory.file("model.safetensors.index.json", json({{"weight_map", map}}).dump()); }

  TempDir directory;
  json map;
};

TEST_F(Shards, AreReadTogether) { expect_loads(directory.path()); }

TEST_F(Shards, MustBeThere) {
  fs::remove(directory.path() / "b.safetensors");
  EXPECT_ERROR(WeightFiles(directory.path()), "the shard", "b.safetensors is missing");
}

TEST_F(Shards, MustHoldWhatTheIndexSays) {
  map["encoder.layer.7.output.dense.weight"] = "a.safetensors";
  write_index();
  EXPECT_ERROR(WeightFiles(directory.path()),
               "encoder.layer.7.output.dense.weight is listed in a.safetensors");
}

TEST_F(Shards, MustNotHoldATensorTwice) {
  write_tensors(directory.path() / "b.safetensors", some_tensors());
  EXPECT_ERROR(load_weights(directory.path(), expected()),
               "embeddings.LayerNorm.weight: in the checkpoint twice");
}

TEST_F(Shards, MustLieInTheDirectory) {
  for (const char* name :
       {"../b.safetensors", "/etc/passwd", "sub/b.safetensors", "..", ".", "", "b.safetensors/"}) {
    map["encoder.layer.0.output.dense.weight"] = name;
    write_index();
    EXPECT_ERROR(WeightFiles(directory.path()), "model.safetensors.index.json",
                 "is not the plain name of a file in the same directory");
  }
}

TEST_F(Shards, NeedAnIndexThatIsOne) {
  for (const char* text : {"{}", "[]", "{\"weight_map\":[]}", "{\"weight_map\":{}}"}) {
    directory.file("model.safetensors.index.json", text);
    EXPECT_ERROR(WeightFiles(directory.path()), "expected an object \"weight_map\"");
  }
  directory.file("model.safetensors.index.json", R"({"weight_map":{"a":3}})");
  EXPECT_ERROR(WeightFiles(directory.path()), "weight_map.a: expected a file name, found 3");
}

TEST(Weights, RefuseAFileThatWasCutAnywhere) {
  const TempDir directory;
  write_model(directory.path(), some_tensors());
  const fs::path file = directory.path() / "model.safetensors";
  const auto size = fs::file_size(file);
  for (uintmax_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    write_model(directory.path(), some_tensors());
    fs::resize_file(file, size * sixteenth / 16);
    EXPECT_ERROR(WeightFiles(directory.path()), file.string());
  }
}

TEST(Tensors, AreReadAsTheyWereWritten) {
  const TempDir directory;
  const Tensors tensors = {{"f", at::randn({3, 2})},
                           {"d", at::randn({2}, at::kDouble)},
                           {"b", at::randn({5}).to(at::kBFloat16)},
                           {"i", at::arange(3, at::kLong)},
                           {"scalar", at::full({}, 2.5)},
                           {"empty", at::empty({0, 4})},
                           {"transposed", at::arange(6, at::kFloat).view({2, 3}).t()}};
  write_tensors(directory.path() / "t.safetensors", tensors);
  const Tensors read = read_tensors(directory.path() / "t.safetensors");
  ASSERT_EQ(read.size(), tensors.size());
  for (const NamedTensor& entry : read) {
    const auto original = std::find_if(tensors.begin(), tensors.end(),
                                       [&](const NamedTensor& other) { return other.name == entry.name; });
    ASSERT_NE(original, tensors.end());
    EXPECT_EQ(entry.tensor.scalar_type(), original->tensor.scalar_type()) << entry.name;
    EXPECT_TRUE(at::equal(entry.tensor, original->tensor)) << entry.name;
  }
}

}  // namespace
}  // namespace angle
