// Matryoshka objectives:
//  - total and terms are the weighted mean over the truncations, each computed on its own;
//  - the halves of the angle objective are those of the truncated vector;
//  - only dimensions of a truncation have a gradient, which is that of the formula (central differences);
//  - without a list it is the plain objective; a term that is not there stays absent.

#include "angle/loss/matryoshka.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/loss/ranking.h"
#include "angle/loss/similarity.h"

#include "support/gradient_check.h"

namespace angle {
namespace {

Tensor values(int64_t rows, int64_t dims) {
  return (at::arange(rows * dims, at::kDouble).view({rows, dims}) * 1.7 + 0.3).sin();
}

const Tensor& labels() {
  static const Tensor graded = at::tensor({3.0, 1.0, 2.0, 5.0}, at::kDouble);
  return graded;
}

/// Four pairs with all three terms.
Objective plain(const Tensor& embeddings, const LossOptions& options) {
  return scored_pairs_objective(embeddings.narrow(0, 0, 4), embeddings.narrow(0, 4, 4), labels(),
                                at::arange(8, at::kLong), options);
}

Objective nested(const Tensor& embeddings, const LossOptions& options) {
  return matryoshka_objective(embeddings, options, [&](const Tensor& cut) { return plain(cut, options); });
}

LossOptions options_with(std::vector<int64_t> dims, std::vector<double> weights = {}) {
  LossOptions options;
  options.angle_weight = 0.5;
  options.positive_threshold = 3;
  options.matryoshka_dims = std::move(dims);
  options.matryoshka_weights = std::move(weights);
  return options;
}

double value_of(const Tensor& scalar) { return scalar.item<double>(); }

TEST(Matryoshka, IsTheWeightedMeanOverTheTruncations) {
  const Tensor embeddings = values(8, 12);
  const LossOptions options = options_with({12, 6, 4}, {1, 2, 0.5});
  const Objective result = nested(embeddings, options);
  const Objective whole = plain(embeddings, options), half = plain(embeddings.narrow(1, 0, 6), options),
                  third = plain(embeddings.narrow(1, 0, 4), options);
  for (const auto term : {&Objective::total, &Objective::cosine, &Objective::in_batch, &Objective::angle})
    EXPECT_NEAR(value_of(result.*term),
                (value_of(whole.*term) + 2 * value_of(half.*term) + 0.5 * value_of(third.*term)) / 3.5,
                1e-12);
  EXPECT_EQ(result.positive_rows.item<int64_t>(), whole.positive_rows.item<int64_t>());
}

TEST(Matryoshka, WeighsAllAlikeByDefault) {
  const Tensor embeddings = values(8, 12);
  EXPECT_NEAR(value_of(nested(embeddings, options_with({12, 4})).total),
              value_of(nested(embeddings, options_with({12, 4}, {3, 3})).total), 1e-12);
}

TEST(Matryoshka, TakesTheHalvesOfTheTruncatedVector) {
  const Tensor embeddings = values(8, 12);
  const LossOptions options = options_with({6});
  const Tensor scores = angle_similarity(embeddings.narrow(0, 0, 4).narrow(1, 0, 6),
                                         embeddings.narrow(0, 4, 4).narrow(1, 0, 6));
  EXPECT_NEAR(value_of(nested(embeddings, options).angle), value_of(ranking_loss(scores, labels(), 20)),
              1e-12);
}

TEST(Matryoshka, HasTheGradientOfTheFormula) {
  const LossOptions options = options_with({6, 4}, {1, 3});
  const auto total = [&](const Tensor& embeddings) { return nested(embeddings, options).total; };
  testing::expect_gradients([&](const std::vector<Tensor>& inputs) { return total(inputs[0]); },
                            {values(8, 12)});
  const Tensor embeddings = values(8, 12).requires_grad_(true);
  total(embeddings).backward();
  EXPECT_EQ(embeddings.grad().narrow(1, 6, 6).abs().max().item<double>(), 0);
  EXPECT_GT(embeddings.grad().narrow(1, 4, 2).abs().max().item<double>(), 0);
}

TEST(Matryoshka, IsThePlainObjectiveWithoutAList) {
  const Tensor embeddings = values(8, 12);
  LossOptions options = options_with({});
  EXPECT_EQ(value_of(nested(embeddings, options).total), value_of(plain(embeddings, options).total));
  options = options_with({12, 6});
  options.in_batch_weight = 0;
  EXPECT_FALSE(nested(embeddings, options).in_batch.defined());
}

}  // namespace
}  // namespace angle
