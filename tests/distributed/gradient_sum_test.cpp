// The sum of gradients over several processes, here threads, for a weight and a bias:
//  - it is the same everywhere, to the bit;
//  - a process without a gradient gets that of the others; where nobody has one there is none;
//  - what is not finite anywhere is not finite everywhere;
//  - nothing is left of the step before, whether it exchanged more or less;
//  - a process on its own keeps its gradients as they are.

#include "angle/distributed/gradient_sum.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/thread_group.h"

namespace angle {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using testing::run_group;

constexpr int64_t kColumns = 3;

/// Those of one process; undefined: none.
struct Gradients {
  Tensor weight;  // [rows, kColumns]
  Tensor bias;    // [kColumns]
};

/// The gradients before a step's sum, rank after rank, and the rows of the weight, which every step may have
/// others of.
struct Step {
  std::vector<Gradients> before;
  int64_t rows = 4;
};

/// Sums of two are rounded.
Tensor weight_gradient(int rank, int64_t rows = 4) {
  return (at::arange(rows * kColumns, at::kFloat) + 3 + 7 * rank).reciprocal().view({rows, kColumns});
}

/// Any number of these is added up without rounding.
Tensor bias_gradient(int rank) { return at::full({kColumns}, rank + 1.0); }

Tensor copy_of(const Tensor& gradient) { return gradient.defined() ? gradient.clone() : Tensor(); }

/// The gradients after the last of the steps, rank after rank.
std::vector<Gradients> after(const std::vector<Step>& steps) {
  std::vector<Gradients> results(steps[0].before.size());
  EXPECT_THAT(run_group({.size = static_cast<int>(results.size())},
                        [&](const ProcessGroup& group) {
                          const auto rank = static_cast<size_t>(group.rank());
                          GradientSum sum(group);
                          for (const Step& step : steps) {
                            const Tensor weight = at::zeros({step.rows, kColumns}).requires_grad_(true);
                            const Tensor bias = at::zeros({kColumns}).requires_grad_(true);
                            weight.mutable_grad() = copy_of(step.before[rank].weight);
                            bias.mutable_grad() = copy_of(step.before[rank].bias);
                            sum.reduce({weight, bias});
                            results[rank] = {weight.grad(), bias.grad()};
                          }
                        }),
              Each(IsEmpty()));
  return results;
}

/// The same after one step.
std::vector<Gradients> add_up(const std::vector<Gradients>& before) { return after({Step{before}}); }

void expect_everywhere(const std::vector<Gradients>& results, const Gradients& expected) {
  for (size_t rank = 0; rank < results.size(); ++rank) {
    ASSERT_TRUE(results[rank].weight.defined() && results[rank].bias.defined()) << "rank " << rank;
    EXPECT_TRUE(at::equal(results[rank].weight, expected.weight)) << rank << ": " << results[rank].weight;
    EXPECT_TRUE(at::equal(results[rank].bias, expected.bias)) << rank << ": " << results[rank].bias;
  }
}

TEST(GradientSum, IsTheSameEverywhere) {
  const Gradients first = {weight_gradient(0), bias_gradient(0)};
  const Gradients second = {weight_gradient(1), bias_gradient(1)};
  expect_everywhere(add_up({first, second}), {first.weight + second.weight, first.bias + second.bias});
  const std::vector<Gradients> of_three = add_up({first, second, {weight_gradient(2), bias_gradient(2)}});
  expect_everywhere(of_three, of_three.front());
  EXPECT_TRUE(at::allclose(of_three[0].weight, first.weight + second.weight + weight_gradient(2), 1e-6));
}

TEST(GradientSum, GivesAGradientToProcessesThatHaveNone) {
  const Gradients with_weight = {weight_gradient(0), Tensor()};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  expect_everywhere(add_up({with_weight, with_bias}), {with_weight.weight, with_bias.bias});
  expect_everywhere(add_up({with_weight, with_bias, Gradients()}), {with_weight.weight, with_bias.bias});
}

TEST(GradientSum, MakesNoGradientWhereNobodyHasOne) {
  const Gradients with_weight = {weight_gradient(0), Tensor()};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  for (const Gradients& result : add_up({with_weight, Gradients()})) {
    EXPECT_TRUE(at::equal(result.weight, with_weight.weight));
    EXPECT_FALSE(result.bias.defined());
  }
  for (const Gradients& result : add_up({with_bias, with_bias})) {
    EXPECT_FALSE(result.weight.defined());
    EXPECT_TRUE(at::equal(result.bias, 2 * with_bias.bias));
  }
}

TEST(GradientSum, CarriesWhatIsNotFiniteToAll) {
  for (const float value : {NAN, INFINITY}) {
    const Gradients sound = {weight_gradient(0), bias_gradient(0)};
    const Gradients broken = {weight_gradient(1), bias_gradient(1)};
    broken.weight[3][1].fill_(value);
    for (const Gradients& result : add_up({sound, broken})) {
      const Tensor finite = result.weight.isfinite();
      EXPECT_FALSE(finite[3][1].item<bool>());
      EXPECT_EQ(finite.sum().item<int64_t>(), finite.numel() - 1);
    }
  }
}

TEST(GradientSum, ForgetsTheStepBefore) {
  const auto step = [](int64_t rows) {
    const Gradients first = {weight_gradient(0, rows), bias_gradient(0)};
    const Gradients second = {weight_gradient(1, rows), bias_gradient(1)};
    return Step{{first, second}, rows};
  };
  const Gradients with_both = {weight_gradient(0), bias_gradient(0)};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  const Step last = {{with_both, with_bias}};
  const Gradients expected = {with_both.weight, with_both.bias + with_bias.bias};
  expect_everywhere(after({step(1), last}), expected);
  expect_everywhere(after({step(9), last}), expected);
  expect_everywhere(after({step(1), step(9), last}), expected);
}

TEST(GradientSum, OfOneDoesNothing) {
  const Tensor weight = at::zeros({4, kColumns}).requires_grad_(true);
  const Tensor gradient = weight_gradient(0);
  weight.mutable_grad() = gradient;
  GradientSum({}).reduce({weight});
  EXPECT_TRUE(weight.grad().is_same(gradient));
  EXPECT_TRUE(at::equal(gradient, weight_gradient(0)));
}

}  // namespace
}  // namespace angle
