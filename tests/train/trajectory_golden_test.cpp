// 20 training steps of a tiny BERT against PyTorch and Hugging Face transformers (golden/training):
//  - in float64 every loss term and the gradient norm of every step to 1e-9, the final parameters to 1e-6;
//  - in float32 losses to 1e-4 relative, parameters to 1e-4 but for the key biases, whose gradient is zero
//    in exact arithmetic and rounding noise in float32;
//  - so encoder, losses, backward, clipping, AdamW and schedule together are those of the reference.

#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"
#include "angle/model/model_directory.h"
#include "angle/model/weights.h"
#include "angle/train/learner.h"
#include "angle/train/schedule.h"

#include "support/golden.h"

namespace angle {
namespace {

constexpr int64_t kPairsPerBatch = 8;
constexpr int64_t kSteps = 20;
constexpr int64_t kWarmupSteps = 5;
constexpr double kLearningRate = 1e-3;

struct Trajectory {
  const char* name;
  bool binary;  // labels 1 where the score is at least 4, and in-batch negatives
};

void PrintTo(const Trajectory& trajectory, std::ostream* stream) { *stream << trajectory.name; }

std::vector<ScoredPair> read_pairs(const json& golden, bool binary) {
  std::vector<ScoredPair> pairs;
  for (const json& pair : golden.at("pairs")) {
    const double score = pair.at("score").get<double>();
    pairs.push_back({.left = pair.at("text1").get<std::string>(),
                     .right = pair.at("text2").get<std::string>(),
                     .label = binary ? (score >= 4 ? 1.0 : 0.0) : score,
                     .line = static_cast<int64_t>(pairs.size()) + 1});
  }
  return pairs;
}

FormattedBatch make_batch(const Examples& pairs, int64_t step, const Tokenizer& tokenizer) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < kPairsPerBatch; ++i) rows.push_back(step * kPairsPerBatch + i);
  TextStatistics statistics;
  return {collate(encode_examples(pairs, rows, tokenizer, {.max_seq_length = 48}, statistics)),
          DataFormat::scored_pairs};
}

LearnerOptions options_of(const Trajectory& trajectory) {
  LearnerOptions options;
  options.loss.in_batch_weight = trajectory.binary ? 1.0 : 0.0;
  options.loss.duplicates = DuplicatePolicy::none;
  return options;
}

/// |actual − expected| relative to the size of the expected number, no less than absolute for small ones.
double error_of(double actual, const json& expected) {
  const double value = expected.get<double>();
  return std::abs(actual - value) / (1 + std::abs(value));
}

void expect_step(const StepResult& actual, const json& expected, double tolerance, double norm_tolerance) {
  EXPECT_LE(error_of(actual.total, expected.at("loss")), tolerance);
  EXPECT_LE(error_of(*actual.cosine, expected.at("cosine")), tolerance);
  EXPECT_LE(error_of(*actual.angle, expected.at("angle")), tolerance);
  if (expected.contains("in_batch_negative")) {
    EXPECT_LE(error_of(*actual.in_batch, expected.at("in_batch_negative")), tolerance);
  }
  EXPECT_LE(error_of(actual.gradient_norm, expected.at("grad_norm")), norm_tolerance);
}

void expect_parameters(Encoder& encoder, const std::filesystem::path& file, double tolerance,
                       bool key_biases) {
  std::map<std::string, Tensor> expected;
  for (const NamedTensor& entry : read_tensors(file)) expected[entry.name] = entry.tensor;
  for (const NamedTensor& entry : encoder.checkpoint_tensors()) {
    if (!key_biases && entry.name.ends_with("key.bias")) continue;
    EXPECT_LE((entry.tensor - expected.at(entry.name)).abs().max().item<double>(), tolerance) << entry.name;
  }
}

class TrainingTrajectory : public ::testing::TestWithParam<Trajectory> {
 protected:
  void run(at::ScalarType type, const char* precision, double tolerance, double norm_tolerance,
           double parameter_tolerance) {
    ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-bert");
    ANGLE_REQUIRE_GOLDEN(steps_file, "training/tiny_bert_steps.json");
    const auto [name, binary] = GetParam();
    const json golden = read_json(steps_file);
    Model model = load_model(directory);
    model.encoder.to(type);
    Learner learner(model.encoder, options_of(GetParam()), Dropout());
    const Examples pairs = read_pairs(golden, binary);
    const json& expected = golden.at("trajectories").at(name).at(precision);
    ASSERT_EQ(expected.size(), static_cast<size_t>(kSteps));
    for (int64_t step = 0; step < kSteps; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      const double rate = kLearningRate * schedule_factor(ScheduleKind::linear, step, kWarmupSteps, kSteps);
      EXPECT_NEAR(rate, expected[static_cast<size_t>(step)].at("lr").get<double>(), 1e-15);
      const std::vector<FormattedBatch> batches = {make_batch(pairs, step, *model.tokenizer)};
      expect_step(learner.step(batches, rate), expected[static_cast<size_t>(step)], tolerance,
                  norm_tolerance);
    }
    expect_parameters(model.encoder.encoder,
                      steps_file.parent_path() / ("final_" + std::string(name) + ".safetensors"),
                      parameter_tolerance, type == at::kDouble);
  }
};

TEST_P(TrainingTrajectory, MatchesTransformersInFloat64) { run(at::kDouble, "float64", 1e-9, 1e-9, 1e-6); }

TEST_P(TrainingTrajectory, MatchesTransformersInFloat32) { run(at::kFloat, "float32", 1e-4, 1e-3, 1e-4); }

INSTANTIATE_TEST_SUITE_P(Golden, TrainingTrajectory,
                         ::testing::Values(Trajectory{"scored", false}, Trajectory{"binary_ibn", true}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace angle
