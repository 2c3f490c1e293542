// How fast a GPU is and how much of its memory it takes, with the shape of all-MiniLM-L6-v2. Fails only where
// nothing comes out; the numbers are for the table of scripts/gpu_check.sh.

#include <chrono>

#include <c10/core/CachingDeviceAllocator.h>

#include "angle/embed/embedder.h"
#include "angle/model/model_directory.h"

#include "gpu/gpu_check.h"

namespace angle {
namespace {

using Clock = std::chrono::steady_clock;

/// The tiny model's tokenizer with an encoder of MiniLM's size and random weights.
Model make_model(at::Device device) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  EncoderConfig config = model.encoder.encoder.config();
  config.hidden_size = 384;
  config.num_hidden_layers = 6;
  config.num_attention_heads = 12;
  config.intermediate_size = 1536;
  model.encoder.encoder = Encoder(config, device);
  for (const NamedTensor& entry : model.encoder.encoder.checkpoint_tensors()) entry.tensor.normal_(0, 0.05);
  return model;
}

/// Bytes of the GPU's memory at most since the last call.
std::string peak_memory(at::Device device) {
  if (device.is_cpu()) return "–";
  c10::DeviceAllocator& allocator = *c10::getDeviceAllocator(device.type());
  const int64_t bytes = allocator.getDeviceStats(device.index()).allocated_bytes[0].peak;
  allocator.resetPeakStats(device.index());
  return fmt::format("{} MB", bytes >> 20);
}

/// Per second, of the second of two runs: the first one chooses kernels and allocates.
template <class Run>
double rate_of(const Run& run) {
  run();
  const Clock::time_point start = Clock::now();
  const int64_t count = run();
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - start).count();
}

TEST(SpeedOfGpu, OfEmbedding) {
  ANGLE_REQUIRE_GPU();
  std::vector<std::string> texts;
  const int repetitions = gpu.is_cpu() ? 2 : 2000;
  for (int i = 0; i < repetitions; ++i)
    for (const std::string& text : testing::some_texts()) texts.push_back(text);
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    Model model = make_model(gpu);
    model.encoder.prepare_inference(gpu, precision);
    Embedder embedder(model, {});
    peak_memory(gpu);
    const double rate = rate_of([&] {
      const int64_t before = embedder.statistics().tokens;
      embedder.embed(texts);
      return embedder.statistics().tokens - before;
    });
    const std::string name = json(precision).get<std::string>();
    testing::report(fmt::format("embedding {}", name), fmt::format("{:.0f} tokens/s", rate));
    testing::report(fmt::format("embedding {}: peak memory", name), peak_memory(gpu));
    EXPECT_GT(rate, 0);
  }
}

TEST(SpeedOfGpu, OfTraining) {
  ANGLE_REQUIRE_GPU();
  const int steps = gpu.is_cpu() ? 1 : 50;
  for (const bool rounds : {false, true}) {
    Model model = make_model(gpu);
    LearnerOptions options;
    options.loss.positive_threshold = 4;
    if (rounds) options.activations.type = at::kBFloat16;
    Learner learner(model.encoder, options, Dropout(0.1, 0.1, 1));
    const std::vector<FormattedBatch> batch = {testing::some_pairs(*model.tokenizer)};
    peak_memory(gpu);
    const double rate = rate_of([&] {
      int64_t tokens = 0;
      for (int i = 0; i < steps; ++i) tokens += learner.step(batch, 1e-5).tokens;
      return tokens;
    });
    const std::string name = rounds ? "bfloat16" : "float32";
    testing::report(fmt::format("training {}, {} texts a step", name, batch[0].batch.token_ids.size()),
                    fmt::format("{:.0f} tokens/s", rate));
    testing::report(fmt::format("training {}: peak memory", name), peak_memory(gpu));
    EXPECT_GT(rate, 0);
  }
}

}  // namespace
}  // namespace angle
