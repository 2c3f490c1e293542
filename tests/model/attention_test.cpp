// Attention over a packed batch:
//  - equals softmax(Q·Kᵀ/√d)·V written out for every text and head;
//  - no text sees another: changing one changes no other, to the bit, and has no gradient by another;
//  - gradients are those of central differences in float64, without and with dropout;
//  - dropout leaves the mean alone, draws new masks every time, and none at probability 0.

#include "angle/model/attention.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "support/gradient_check.h"

namespace angle {
namespace {

using testing::tensors_close;

constexpr int64_t kHeads = 2;
constexpr int64_t kHeadSize = 3;
constexpr int64_t kHidden = kHeads * kHeadSize;

/// Texts of 4, 1, 2 and 2 tokens.
TokenBatch some_texts() { return pack(std::vector<std::vector<int64_t>>{{1, 1, 1, 1}, {1}, {1, 1}, {1, 1}}); }

Tensor random_input(int64_t tokens) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU).clone();
  generator.set_current_seed(3);
  return at::randn({tokens, 3 * kHidden}, generator, at::kDouble);
}

/// One text, the formula written out. @param tokens [length, 3 · hidden]
Tensor attend_alone(const Tensor& tokens) {
  std::vector<Tensor> heads;
  for (int64_t head = 0; head < kHeads; ++head) {
    const auto part = [&](int64_t which) {
      return tokens.narrow(1, which * kHidden + head * kHeadSize, kHeadSize);
    };
    const Tensor scores = part(0).matmul(part(1).t()) / std::sqrt(double{kHeadSize});
    heads.push_back(scores.softmax(1).matmul(part(2)));
  }
  return at::cat(heads, 1);
}

/// Dropout of attention probabilities that draws the same masks in every forward pass.
Dropout seeded_dropout(double probability, uint64_t seed) { return {0, probability, seed}; }

TEST(Attention, IsTheFormulaForEveryTextAndHead) {
  const TokenBatch batch = some_texts();
  const Tensor input = random_input(batch.num_tokens());
  const Tensor output = self_attention(input, batch, kHeads, {});
  for (const LengthGroup& group : batch.groups)
    for (int64_t text = 0; text < group.texts; ++text) {
      const int64_t first = group.first_token + text * group.length;
      EXPECT_TRUE(tensors_close(output.narrow(0, first, group.length),
                                attend_alone(input.narrow(0, first, group.length)), 1e-14));
    }
}

TEST(Attention, ShowsATextNothingOfItsNeighbours) {
  const TokenBatch batch = some_texts();
  const Tensor input = random_input(batch.num_tokens());
  Tensor changed = input.clone();
  changed.narrow(0, 1, 2).fill_(1e6);  // the first text of two tokens
  const Tensor before = self_attention(input, batch, kHeads, {});
  const Tensor after = self_attention(changed, batch, kHeads, {});
  EXPECT_TRUE(at::equal(before.narrow(0, 0, 1), after.narrow(0, 0, 1)));
  EXPECT_TRUE(at::equal(before.narrow(0, 3, 6), after.narrow(0, 3, 6)));
  EXPECT_FALSE(at::equal(before.narrow(0, 1, 2), after.narrow(0, 1, 2)));
}

TEST(Attention, HasTheGradientOfCentralDifferences) {
  const TokenBatch batch = some_texts();
  const Tensor weights = random_input(batch.num_tokens()).narrow(1, 0, kHidden);
  testing::expect_gradients(
      [&](const std::vector<Tensor>& inputs) {
        return (self_attention(inputs[0], batch, kHeads, {}) * weights).sum();
      },
      {random_input(batch.num_tokens())});
}

TEST(Attention, HasTheGradientOfCentralDifferencesUnderDropout) {
  const TokenBatch batch = some_texts();
  testing::expect_gradients(
      [&](const std::vector<Tensor>& inputs) {
        return self_attention(inputs[0], batch, kHeads, seeded_dropout(0.4, 7)).square().sum();
      },
      {random_input(batch.num_tokens())});
}

TEST(Attention, GradientOfATextIsItsOwn) {
  const TokenBatch batch = some_texts();
  const auto gradient = testing::gradients(
      [&](const std::vector<Tensor>& inputs) {
        return self_attention(inputs[0], batch, kHeads, {}).narrow(0, 1, 2).sum();
      },
      {random_input(batch.num_tokens())})[0];
  EXPECT_EQ(gradient.narrow(0, 0, 1).abs().max().item<double>(), 0);
  EXPECT_EQ(gradient.narrow(0, 3, 6).abs().max().item<double>(), 0);
  EXPECT_GT(gradient.narrow(0, 1, 2).abs().max().item<double>(), 0);
}

TEST(Attention, KeepsItsMeanUnderDropout) {
  const TokenBatch batch = some_texts();
  const Tensor input = random_input(batch.num_tokens());
  const Dropout dropout = seeded_dropout(0.3, 11);
  Tensor sum = at::zeros({batch.num_tokens(), kHidden}, at::kDouble);
  constexpr int64_t kDraws = 4000;
  for (int64_t i = 0; i < kDraws; ++i) sum += self_attention(input, batch, kHeads, dropout);
  EXPECT_TRUE(tensors_close(sum / kDraws, self_attention(input, batch, kHeads, {}), 0.05));
}

TEST(Attention, DrawsNewMasksEveryTimeAndNoneAtZero) {
  const TokenBatch batch = some_texts();
  const Tensor input = random_input(batch.num_tokens());
  const Dropout dropout = seeded_dropout(0.5, 1);
  EXPECT_FALSE(at::equal(self_attention(input, batch, kHeads, dropout),
                         self_attention(input, batch, kHeads, dropout)));
  EXPECT_TRUE(at::equal(self_attention(input, batch, kHeads, seeded_dropout(0, 1)),
                        self_attention(input, batch, kHeads, {})));
}

}  // namespace
}  // namespace angle
