// Training on a GPU against the CPU, a tiny BERT on scored pairs:
//  - in float32 the terms of the loss, every gradient and 20 steps of training agree;
//  - in bfloat16 the losses of these steps are near, weights and optimizer stay float32;
//  - with dropout, the gradient cache and gradient checkpointing draw the masks of the plain step again.

#include "angle/model/model_directory.h"

#include "gpu/gpu_check.h"

namespace angle {
namespace {

constexpr int kSteps = 20;
constexpr double kLearningRate = 1e-3;

/// A model on a device with what trains it.
struct Training {
  explicit Training(at::Device device, LearnerOptions options = {}, Dropout dropout = {})
      : model(load_model(testing::golden_path("models/tiny-bert"))),
        batch{testing::some_pairs(*model.tokenizer)} {
    model.encoder.to(device);
    options.loss.positive_threshold = 4;
    learner.emplace(model.encoder, options, dropout);
  }

  StepResult step(double learning_rate = kLearningRate) { return learner->step(batch, learning_rate); }

  /// All gradients in one row, as the last step clipped them.
  Tensor gradients() const {
    std::vector<Tensor> rows;
    for (const Parameter& parameter : learner->optimizer().parameters())
      rows.push_back(parameter.tensor.grad().flatten().to(at::kCPU));
    return at::cat(rows);
  }

  Model model;
  std::vector<FormattedBatch> batch;
  mutable std::optional<Learner> learner;
};

double relative(double actual, double expected) { return std::abs(actual - expected) / std::abs(expected); }

TEST(TrainingOnGpu, HasTheLossesAndGradientsOfTheCpu) {
  ANGLE_REQUIRE_GPU();
  Training on_cpu(at::kCPU), on_gpu(gpu);
  const StepResult expected = on_cpu.step(), actual = on_gpu.step();
  testing::check_at_most("float32: cosine objective", relative(*actual.cosine, *expected.cosine), 1e-5);
  testing::check_at_most("float32: in-batch objective", relative(*actual.in_batch, *expected.in_batch), 1e-5);
  testing::check_at_most("float32: angle objective", relative(*actual.angle, *expected.angle), 1e-5);
  testing::check_at_most("float32: gradients",
                         testing::relative_difference(on_gpu.gradients(), on_cpu.gradients()), 1e-3);
}

TEST(TrainingOnGpu, FollowsTheCpuForTwentySteps) {
  ANGLE_REQUIRE_GPU();
  Training on_cpu(at::kCPU), on_gpu(gpu);
  double largest = 0;
  for (int i = 0; i < kSteps; ++i)
    largest = std::max(largest, relative(on_gpu.step().total, on_cpu.step().total));
  testing::check_at_most("float32: losses of 20 steps", largest, 1e-3);
}

TEST(TrainingOnGpu, StaysNearTheCpuInBfloat16) {
  ANGLE_REQUIRE_GPU();
  Training on_cpu(at::kCPU), on_gpu(gpu, {.activations = {.type = at::kBFloat16}});
  double largest = 0;
  for (int i = 0; i < kSteps; ++i)
    largest = std::max(largest, relative(on_gpu.step().total, on_cpu.step().total));
  testing::check_at_most("bfloat16: losses of 20 steps", largest, 5e-2);
  for (const NamedTensor& entry : on_gpu.model.encoder.checkpoint_tensors())
    EXPECT_EQ(entry.tensor.scalar_type(), at::kFloat) << entry.name;
  for (const NamedTensor& entry : on_gpu.learner->optimizer().state())
    EXPECT_EQ(entry.tensor.scalar_type(), at::kFloat) << entry.name;
}

TEST(TrainingOnGpu, DrawsDropoutAgain) {
  ANGLE_REQUIRE_GPU();
  const Dropout dropout(0.1, 0.1, 5);
  for (const bool rounds : {false, true}) {
    ActivationOptions plain;
    if (rounds) plain.type = at::kBFloat16;
    ActivationOptions recomputing = plain;
    recomputing.recompute = true;
    Training expected(gpu, {.activations = plain}, dropout);
    Training checkpointed(gpu, {.activations = recomputing}, dropout);
    expected.step();
    checkpointed.step();
    testing::check_at_most(
        fmt::format("{}, dropout: gradients with checkpointing", rounds ? "bfloat16" : "float32"),
        testing::relative_difference(checkpointed.gradients(), expected.gradients()), rounds ? 2e-2 : 1e-4);
    Training again(gpu, {.activations = plain}, dropout),
        other(gpu, {.activations = plain}, Dropout(0.1, 0.1, 6));
    again.step();
    other.step();
    EXPECT_LE(testing::relative_difference(again.gradients(), expected.gradients()), rounds ? 2e-2 : 1e-4);
    EXPECT_GT(testing::relative_difference(other.gradients(), expected.gradients()), 5e-2);
  }
}

TEST(TrainingOnGpu, HasTheGradientsOfTheGradientCache) {
  ANGLE_REQUIRE_GPU();
  Training plain(gpu), cached(gpu, {.gradient_cache_tokens = 100});
  plain.step();
  cached.step();
  testing::check_at_most("float32: gradients of the gradient cache",
                         testing::relative_difference(cached.gradients(), plain.gradients()), 1e-3);
}

}  // namespace
}  // namespace angle
