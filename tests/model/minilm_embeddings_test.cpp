// Pins: all-MiniLM-L6-v2 gives the vectors of sentence-transformers to 5e-6, for sentences, questions, texts
// beyond its length and awkward ones, and each the same alone and in a batch to 1e-6; in bfloat16 and int8
// the mean cosine with them is at least 0.9999 and 0.99, and a text's vector is the same to the bit alone and
// in a batch. Needs the model.

#include <cstdlib>
#include <optional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

#include "support/golden.h"

namespace angle {
namespace {

/// $ANGLE_MODEL_DIR, else the model in the cache; empty when there is none.
std::filesystem::path minilm_directory() {
  if (const char* directory = std::getenv("ANGLE_MODEL_DIR")) return directory;
  try {
    return find_model("all-MiniLM-L6-v2");
  } catch (const Error&) {
    return {};
  }
}

class MiniLm : public ::testing::Test {
 protected:
  void SetUp() override { set_up(Precision::float32); }

  void set_up(Precision precision) {
    ANGLE_REQUIRE_GOLDEN(texts_file, "minilm/texts.json");
    if (minilm_directory().empty())
      GTEST_SKIP() << "all-MiniLM-L6-v2 is not here; fetch it with scripts/fetch_model.sh";
    model = load_model(minilm_directory());
    try {
      model->encoder.prepare_inference(at::kCPU, precision);
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    for (const json& text : read_json(texts_file)) texts.push_back(text.at("text").get<std::string>());
    expected = read_tensors(testing::golden_path("minilm/embeddings.safetensors"))[0].tensor;
    ASSERT_EQ(static_cast<int64_t>(texts.size()), expected.size(0));
  }

  Tensor embed(const std::vector<std::string>& some) { return Embedder(*model, {}).embed(some); }

  std::optional<Model> model;
  std::vector<std::string> texts;
  Tensor expected;
};

double largest_difference(const Tensor& left, const Tensor& right) {
  return (left - right).abs().max().item<double>();
}

TEST_F(MiniLm, GivesTheVectorsOfSentenceTransformers) {
  EXPECT_LE(largest_difference(embed(texts), expected), 5e-6);
}

TEST_F(MiniLm, GivesTheSameVectorAloneAndInABatch) {
  const Tensor together = embed(texts);
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_LE(largest_difference(embed({texts[i]})[0], together[static_cast<int64_t>(i)]), 1e-6)
        << "text " << i;
}

class MiniLmIn : public MiniLm, public ::testing::WithParamInterface<std::pair<Precision, double>> {
 protected:
  void SetUp() override { set_up(GetParam().first); }
};

TEST_P(MiniLmIn, KeepsTheDirectionOfItsVectors) {
  const auto cosine = at::cosine_similarity(embed(texts), expected).mean().item<double>();
  EXPECT_GE(cosine, GetParam().second);
  EXPECT_LT(cosine, 1 - 1e-6) << "this is float32";
}

TEST_P(MiniLmIn, GivesTheSameVectorAloneAndInABatchToTheBit) {
  const Tensor together = embed(texts);
  for (size_t i = 0; i < texts.size(); i += 7)
    EXPECT_TRUE(at::equal(embed({texts[i]})[0], together[static_cast<int64_t>(i)])) << "text " << i;
}

INSTANTIATE_TEST_SUITE_P(Precisions, MiniLmIn,
                         ::testing::Values(std::pair(Precision::bfloat16, 0.9999),
                                           std::pair(Precision::int8, 0.99)),
                         [](const auto& instance) {
                           return nlohmann::json(instance.param.first).template get<std::string>();
                         });

}  // namespace
}  // namespace angle
