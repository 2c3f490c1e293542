// AdamW:
//  - every step is that of the formula (Loshchilov & Hutter, algorithm 2) written out, in float64;
//  - a parameter's factor multiplies the learning rate, and so its decay;
//  - biases and LayerNorm weights do not decay; a parameter without a gradient is left alone;
//  - clipping scales by min(1, max / (norm + 1e-6)) and returns the norm before it;
//  - what state() shows is everything a later step depends on: put back, the next steps are the same bits.

#include "angle/train/optimizer.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "support/tensor_matchers.h"

namespace angle {
namespace {

using testing::tensors_close;

constexpr double kRate = 0.01;

std::vector<Parameter> some_parameters() {
  return {{"weight", at::arange(6, at::kDouble).view({2, 3}) - 2.2, /*decays=*/true},
          {"bias", at::arange(3, at::kDouble) + 0.5, /*decays=*/false}};
}

/// The gradients of a step, different in every one.
Tensor gradient_of(const Tensor& parameter, int64_t step) {
  return (at::arange(parameter.numel(), at::kDouble).view(parameter.sizes()) * 1.7 +
          static_cast<double>(step))
      .sin();
}

void set_gradients(AdamW& optimizer, int64_t step) {
  for (const Parameter& parameter : optimizer.parameters())
    parameter.tensor.mutable_grad() = gradient_of(parameter.tensor, step);
}

/// One parameter by the formula.
struct Reference {
  Tensor value, first, second;
  bool decays;

  void step(const Tensor& gradient, int64_t number, const AdamWOptions& options) {
    const auto t = static_cast<double>(number);
    if (decays) value = value * (1 - kRate * options.weight_decay);
    first = options.beta1 * first + (1 - options.beta1) * gradient;
    second = options.beta2 * second + (1 - options.beta2) * gradient * gradient;
    const Tensor corrected_first = first / (1 - std::pow(options.beta1, t));
    const Tensor corrected_second = second / (1 - std::pow(options.beta2, t));
    value = value - kRate * corrected_first / (corrected_second.sqrt() + options.epsilon);
  }
};

TEST(AdamW, FollowsTheFormula) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.3};
  std::vector<Reference> references;
  for (const Parameter& parameter : some_parameters())
    references.push_back({parameter.tensor.clone(), at::zeros_like(parameter.tensor),
                          at::zeros_like(parameter.tensor), parameter.decays});
  AdamW optimizer(some_parameters(), options);
  for (int64_t step = 1; step <= 7; ++step) {
    set_gradients(optimizer, step);
    optimizer.step(kRate);
    for (size_t i = 0; i < references.size(); ++i) {
      references[i].step(gradient_of(references[i].value, step), step, options);
      EXPECT_TRUE(tensors_close(optimizer.parameters()[i].tensor, references[i].value, 1e-13))
          << optimizer.parameters()[i].name << ", step " << step;
    }
  }
}

TEST(AdamW, MultipliesTheRateByTheFactorOfTheParameter) {
  std::vector<Parameter> slower = some_parameters();
  slower[0].rate_factor = 0.25;
  AdamW mixed(slower, {.weight_decay = 0.5}), fast(some_parameters(), {.weight_decay = 0.5}),
      slow(some_parameters(), {.weight_decay = 0.5});
  for (int64_t step = 1; step <= 3; ++step)
    for (const auto& [optimizer, rate] : {std::pair(&mixed, kRate), {&fast, kRate}, {&slow, 0.25 * kRate}}) {
      set_gradients(*optimizer, step);
      optimizer->step(rate);
    }
  EXPECT_TRUE(at::equal(mixed.parameters()[0].tensor, slow.parameters()[0].tensor));
  EXPECT_TRUE(at::equal(mixed.parameters()[1].tensor, fast.parameters()[1].tensor));
}

TEST(AdamW, LeavesAParameterWithoutAGradientAlone) {
  AdamW optimizer(some_parameters(), {.weight_decay = 0.5});
  const Tensor before = optimizer.parameters()[0].tensor.detach().clone();
  optimizer.parameters()[1].tensor.mutable_grad() = at::ones({3}, at::kDouble);
  optimizer.step(kRate);
  EXPECT_TRUE(at::equal(optimizer.parameters()[0].tensor, before));
  EXPECT_FALSE(at::equal(optimizer.parameters()[1].tensor, some_parameters()[1].tensor));
  for (const NamedTensor& entry : optimizer.state())
    if (entry.name == "weight.step") {
      EXPECT_EQ(entry.tensor.item<float>(), 0);
    }
}

TEST(AdamW, MovesNothingAtRateZeroButRemembersTheGradient) {
  AdamW optimizer(some_parameters(), {.weight_decay = 0.5});
  set_gradients(optimizer, 1);
  optimizer.step(0);
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(at::equal(optimizer.parameters()[i].tensor, some_parameters()[i].tensor));
  EXPECT_GT(optimizer.state()[0].tensor.abs().max().item<double>(), 0);
}

TEST(AdamW, ForgetsGradients) {
  AdamW optimizer(some_parameters(), {});
  set_gradients(optimizer, 1);
  optimizer.zero_grad();
  for (const Parameter& parameter : optimizer.parameters()) EXPECT_FALSE(parameter.tensor.grad().defined());
}

TEST(AdamW, ClipsToANorm) {
  AdamW optimizer(some_parameters(), {});
  set_gradients(optimizer, 3);
  double squares = 0;
  for (const Parameter& parameter : optimizer.parameters())
    squares += gradient_of(parameter.tensor, 3).square().sum().item<double>();
  const double norm = std::sqrt(squares);
  EXPECT_NEAR(optimizer.clip_gradients(norm / 4).item<double>(), norm, 1e-12);
  for (const Parameter& parameter : optimizer.parameters())
    EXPECT_TRUE(tensors_close(parameter.tensor.grad(),
                              gradient_of(parameter.tensor, 3) * (norm / 4) / (norm + 1e-6), 1e-13));
}

TEST(AdamW, LeavesSmallGradientsAndThoseThatNothingLimits) {
  AdamW optimizer(some_parameters(), {});
  for (const double limit : {1000.0, 0.0}) {
    set_gradients(optimizer, 3);
    optimizer.clip_gradients(limit);
    for (const Parameter& parameter : optimizer.parameters())
      EXPECT_TRUE(at::equal(parameter.tensor.grad(), gradient_of(parameter.tensor, 3)));
  }
}

TEST(AdamW, GoesOnFromItsStateToTheBit) {
  AdamW whole(some_parameters(), {}), resumed(some_parameters(), {});
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(whole, step);
    whole.step(kRate);
  }
  const auto from = whole.state(), into = resumed.state();
  ASSERT_EQ(from.size(), into.size());
  for (size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].name, into[i].name);
    into[i].tensor.copy_(from[i].tensor);
  }
  for (size_t i = 0; i < 2; ++i)
    resumed.parameters()[i].tensor.detach().copy_(whole.parameters()[i].tensor.detach());
  for (AdamW* optimizer : {&whole, &resumed})
    for (int64_t step = 4; step <= 6; ++step) {
      set_gradients(*optimizer, step);
      optimizer->step(kRate);
    }
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(at::equal(whole.parameters()[i].tensor, resumed.parameters()[i].tensor));
}

}  // namespace
}  // namespace angle
