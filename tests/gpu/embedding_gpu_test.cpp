// Vectors from a GPU against those of the CPU in float32:
//  - in float32 they agree to 2e-5, in bfloat16 to a cosine of 0.999, for a tiny model and all-MiniLM-L6-v2;
//  - they are those of the texts, in their order, however many batches there are and started ahead or not.

#include <gmock/gmock.h>

#include "angle/embed/embedder.h"
#include "angle/error.h"

#include "gpu/gpu_check.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

Tensor embed(const fs::path& directory, const std::vector<std::string>& texts, at::Device device,
             Precision precision) {
  Model model = load_model(directory);
  model.encoder.prepare_inference(device, precision);
  return Embedder(model, {.normalize = true}).embed(texts);
}

double least_cosine(const Tensor& left, const Tensor& right) {
  return (left * right).sum(1).min().item<double>();
}

void compare(const std::string& name, const fs::path& directory, at::Device gpu) {
  const std::vector<std::string> texts = testing::some_texts();
  const Tensor expected = embed(directory, texts, at::kCPU, Precision::float32);
  testing::check_at_most(
      name + " float32: vectors",
      testing::relative_difference(embed(directory, texts, gpu, Precision::float32), expected), 2e-5);
  testing::check_at_most(name + " bfloat16: 1 − cosine",
                         1 - least_cosine(embed(directory, texts, gpu, Precision::bfloat16), expected), 1e-3);
}

TEST(EmbeddingOnGpu, AgreesWithTheCpu) {
  ANGLE_REQUIRE_GPU();
  for (const std::string name : {"tiny-bert", "tiny-roberta"})
    compare(name, testing::golden_path("models/" + name), gpu);
}

TEST(EmbeddingOnGpu, AgreesWithTheCpuForMiniLm) {
  ANGLE_REQUIRE_GPU();
  try {
    compare("MiniLM", find_model("all-MiniLM-L6-v2"), gpu);
  } catch (const Error& error) {
    GTEST_SKIP() << "all-MiniLM-L6-v2 is not here; fetch it with scripts/fetch_model.sh";
  }
}

TEST(EmbeddingOnGpu, GivesEveryTextItsVector) {
  ANGLE_REQUIRE_GPU();
  const fs::path directory = testing::golden_path("models/tiny-bert");
  std::vector<std::string> texts;
  for (int i = 0; i < 6000; ++i)
    texts.push_back(fmt::format("text {} of many{}", i, std::string(static_cast<size_t>(i % 50), '.')));
  const Tensor expected = embed(directory, texts, at::kCPU, Precision::float32);
  Model model = load_model(directory);
  model.encoder.prepare_inference(gpu, Precision::float32);
  Embedder embedder(model, {.normalize = true});
  const std::span<const std::string> all(texts);
  PendingEmbeddings first = embedder.start(all.first(5000)), second = embedder.start(all.subspan(5000));
  const Tensor vectors = at::cat({first.wait(), second.wait()});
  testing::check_at_most("6,000 texts, two calls on their way: vectors",
                         testing::relative_difference(vectors, expected), 2e-5);
}

}  // namespace
}  // namespace angle
