// Pinned here:
//  - hand-made golden totals of scored pairs, pairs and triplets; the golden batch with a zero row
//  - the total is the weighted sum of the terms; a term of weight 0 is undefined, all weights 0 is an error
//  - thresholds, divisors, policies, scales, variants and the choice of regression reach their terms
//  - triplets take any number of negatives in any order
//  - gradients of whole objectives equal central differences for every variant and policy
//  - the counts: positive rows, zero rows, duplicates
#include "angle/loss/objective.h"

#include <gmock/gmock.h>

#include "angle/loss/contrastive.h"
#include "angle/loss/ranking.h"
#include "angle/loss/similarity.h"

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

// The pairs and negatives of the hand-made examples.
const Tensor kLeft =
    at::tensor({1., 2., 3., 4., 1., 0., -1., 2., 0., 1., 1., 0., 2., -1., 0., 1.}, at::kDouble).view({4, 4});
const Tensor kRight =
    at::tensor({2., 1., 0., 1., 1., 1., -1., 2., 1., 1., 0., 0., 2., -1., 1., 1.}, at::kDouble).view({4, 4});
const Tensor kNegatives =
    at::tensor({0., 0., 1., 1., 1., -1., 0., 0., 0., 1., -1., 0., 1., 0., 0., 1.}, at::kDouble).view({4, 4});
const Tensor kBinary = at::tensor({0., 1., 0., 1.}, at::kDouble);
const Tensor kGraded = at::tensor({0., 1., .5, 1.}, at::kDouble);

/// Weights as given, scales of 20.
LossOptions weights(double cosine, double in_batch, double angle) {
  LossOptions options;
  options.cosine_weight = cosine;
  options.in_batch_weight = in_batch;
  options.angle_weight = angle;
  return options;
}

Tensor text_identities(const std::vector<int64_t>& identities) { return at::tensor(identities, at::kLong); }
HardNegatives one_each(const Tensor& embeddings) {
  return {embeddings, at::arange(embeddings.size(0), at::kLong)};
}
Objective scored(const Tensor& labels, const LossOptions& options) {
  return scored_pairs_objective(kLeft, kRight, labels, distinct_texts(8), options);
}
Objective triplets(const LossOptions& options) {
  return triplets_objective(kLeft, kRight, one_each(kNegatives), distinct_texts(12), options);
}

TEST(ScoredPairsObjective, EqualsTheHandMadeTerms) {
  auto options = weights(1, 1, 1);
  const auto objective = scored(kGraded, options);
  EXPECT_TRUE(is_close(objective.cosine, 2.0621767521670757, 1e-10));
  EXPECT_TRUE(is_close(objective.in_batch, 0.008824649370949622, 1e-10));
  EXPECT_TRUE(is_close(objective.angle, 11.528628831885031, 1e-10));
  options.angle_scale = 5;
  EXPECT_TRUE(is_close(scored(kGraded, options).angle, 3.3767931629361936, 1e-10));
  options.angle_scale = options.cosine_scale = 1;
  EXPECT_TRUE(is_close(scored(kGraded, options).angle, 1.9749862293053795, 1e-10));
  EXPECT_TRUE(is_close(scored(kGraded, options).cosine, 1.5781651940778296, 1e-10));
}

TEST(ScoredPairsObjective, EqualsTheHandMadeTotals) {
  auto options = weights(1, 1, 1);
  options.angle_scale = 1;
  EXPECT_TRUE(is_close(scored(kBinary, options).total, 1.8027517528480836, 1e-10));
  EXPECT_TRUE(is_close(scored(kBinary, weights(0, 1, 0.02)).total, 0.23938795880061026, 1e-10));
}

TEST(PositivePairsObjective, EqualsTheHandMadeTotal) {
  const auto objective = positive_pairs_objective(kLeft, kRight, distinct_texts(8), weights(1, 1, 1));
  EXPECT_TRUE(is_close(objective.total, 0.11313929473169493, 1e-10));
  EXPECT_FALSE(objective.cosine.defined());
  EXPECT_FALSE(objective.angle.defined());
}

TEST(TripletsObjective, EqualsTheHandMadeTermsAndTotal) {
  const auto objective = triplets(weights(1, 1, 1));
  EXPECT_TRUE(is_close(objective.in_batch, 1.0069322134221879, 1e-10));
  EXPECT_TRUE(is_close(objective.angle, 10.75026434881223, 1e-10));
  EXPECT_TRUE(is_close(objective.cosine, 8.596317072857394, 1e-10));
  EXPECT_TRUE(is_close(triplets(weights(0, 1, 0.02)).total, 1.2219375003984325, 1e-10));
}

/// The reference's cosine loss is that of ours; its gradient at the zero row is the reciprocal of an epsilon,
/// 1e12. Its angle loss and all gradients of it are NaN; ours are those of a pair that scores 0.
TEST(ScoredPairsObjective, IsDefinedForTheGoldenBatchWithAZeroRow) {
  const auto example = golden_losses("angle_similarity.json")["loss_with_a_zero_vector"];
  const Tensor x = tensor(example["x"]), y = tensor(example["y"]), labels = tensor(example["labels"]);
  const auto cosine = [&](const auto& in) {
    return scored_pairs_objective(in[0], in[1], labels, {}, weights(1, 0, 0)).total;
  };
  Tensor right = tensor(example["cosine_ranking"]["grad_y"]);
  right[1].zero_();
  const auto found = gradients(cosine, {x, y});
  EXPECT_TRUE(is_close(cosine(std::vector{x, y}), number(example["cosine_ranking"]["value"]), kGolden));
  EXPECT_TRUE(tensors_close(found[0], tensor(example["cosine_ranking"]["grad_x"]), kGolden));
  EXPECT_TRUE(tensors_close(found[1], right, kGolden));

  const auto angle = [&](const auto& in) {
    return scored_pairs_objective(in[0], in[1], labels, {}, weights(0, 0, 1)).total;
  };
  Tensor scores = angle_similarity(x, y);
  EXPECT_EQ(scores[1].item<double>(), 0);
  EXPECT_TRUE(tensors_close(angle(std::vector{x, y}), ranking_loss(scores, labels, 20), 0));
  for (const auto& gradient : gradients(angle, {x, y})) {
    EXPECT_TRUE(all_finite(gradient));
    EXPECT_TRUE(tensors_close(gradient[1], at::zeros({8}), 0));
    EXPECT_GT(gradient.abs().sum().item<double>(), 0);
  }
}

TEST(Objective, IsTheWeightedSumOfItsTerms) {
  for (const auto& objective : {scored(kGraded, weights(2, 3, 5)), triplets(weights(2, 3, 5))}) {
    EXPECT_TRUE(tensors_close(objective.total,
                              2 * objective.cosine + 3 * objective.in_batch + 5 * objective.angle, 1e-14));
  }
}

TEST(Objective, LeavesTermsOfWeightZeroUndefined) {
  const auto cosine = scored(kGraded, weights(1, 0, 0)), in_batch = scored(kGraded, weights(0, 1, 0)),
             angle = triplets(weights(0, 0, 1));
  EXPECT_TRUE(cosine.cosine.defined() && !cosine.in_batch.defined() && !cosine.angle.defined());
  EXPECT_TRUE(!in_batch.cosine.defined() && in_batch.in_batch.defined() && !in_batch.angle.defined());
  EXPECT_TRUE(!angle.cosine.defined() && !angle.in_batch.defined() && angle.angle.defined());
  EXPECT_TRUE(tensors_close(angle.total, angle.angle, 0));
}

TEST(Objective, RefusesWeightsThatAreAllZero) {
  EXPECT_THROW(scored(kGraded, weights(0, 0, 0)), c10::Error);
  EXPECT_THROW(positive_pairs_objective(kLeft, kRight, {}, weights(1, 0, 1)), c10::Error);
}

TEST(ScoredPairsObjective, TakesPairsFromTheThresholdOnAsPositive) {
  auto options = weights(0, 1, 0);
  const auto rows = [&](double threshold, at::ScalarType type) {
    options.positive_threshold = threshold;
    return scored(kGraded.to(type), options).positive_rows.item<int64_t>();
  };
  EXPECT_EQ(rows(1.0, at::kDouble), 2);
  EXPECT_EQ(rows(0.5, at::kDouble), 3);
  EXPECT_EQ(rows(0.0, at::kFloat), 4);
  EXPECT_EQ(rows(1.1, at::kFloat), 0);
  EXPECT_EQ(scored(kGraded, options).total.item<double>(), 0);
}

TEST(ScoredPairsObjective, TakesAFloat32LabelThatReadsLikeTheThresholdAsPositive) {
  auto options = weights(0, 1, 0);
  options.positive_threshold = 0.8;
  EXPECT_EQ(scored(at::full({4}, 0.8f), options).positive_rows.item<int64_t>(), 4);
}

TEST(ScoredPairsObjective, PassesDivisorPolicyAndVariantOn) {
  auto options = weights(1, 1, 1);
  options.in_batch_divisor = InBatchDivisor::positive_rows;
  EXPECT_TRUE(is_close(scored(kBinary, options).in_batch, 2 * 0.008824649370949622, 1e-10));
  options.angle_similarity = AngleVariant::phase;
  const Tensor phase = angle_similarity(kLeft, kRight, AngleVariant::phase);
  EXPECT_TRUE(tensors_close(scored(kBinary, options).angle, ranking_loss(phase, kBinary, 20), 0));

  const Tensor identities = text_identities({1, 2, 3, 4, 1, 5, 2, 2});
  const auto in_batch = [&](DuplicatePolicy policy) {
    options.duplicates = policy;
    return scored_pairs_objective(kLeft, kRight, kBinary, identities, options).in_batch.item<double>();
  };
  EXPECT_NE(in_batch(DuplicatePolicy::none), in_batch(DuplicatePolicy::mask));
  EXPECT_NE(in_batch(DuplicatePolicy::none), in_batch(DuplicatePolicy::positive));
  EXPECT_EQ(in_batch(DuplicatePolicy::none), in_batch(DuplicatePolicy::drop));
}

TEST(PositivePairsObjective, PassesSymmetryAndScaleOn) {
  auto options = weights(1, 1, 1);
  options.symmetric = true;
  options.in_batch_scale = 7;
  const auto objective = positive_pairs_objective(kLeft, kRight, distinct_texts(8), options);
  EXPECT_TRUE(tensors_close(objective.in_batch,
                            contrastive_loss(kLeft, kRight, {}, {}, {.scale = 7, .symmetric = true}), 1e-15));
}

TEST(TripletsObjective, TakesAnyNumberOfNegativesInAnyOrder) {
  const auto options = weights(1, 1, 1);
  const Tensor negatives = random_tensor({5, 4}),
               triplet = text_identities({2, 0, 2, 1, 2});  // none for the last query
  const auto objective = triplets_objective(kLeft, kRight, {negatives, triplet}, distinct_texts(13), options);
  const Tensor labels = at::cat({at::ones({4}), at::zeros({5})});
  const Tensor scores =
      at::cat({angle_similarity(kLeft, kRight), angle_similarity(kLeft.index_select(0, triplet), negatives)});
  EXPECT_TRUE(tensors_close(objective.angle, ranking_loss(scores, labels, 20), 1e-14));

  const Tensor order = text_identities({4, 1, 0, 3, 2});
  const HardNegatives shuffled{negatives.index_select(0, order), triplet.index_select(0, order)};
  EXPECT_TRUE(tensors_close(triplets_objective(kLeft, kRight, shuffled, distinct_texts(13), options).total,
                            objective.total, 1e-14));
}

TEST(ScoredPairsObjective, HasTheGradientOfCentralDifferences) {
  const Tensor labels = at::tensor({0., 1., 2., 1., 0., 2.}, at::kDouble),
               identities = text_identities({1, 2, 1, 4, 5, 6, 2, 8, 5, 10, 11, 6});
  for (const auto variant : {AngleVariant::angle_emb, AngleVariant::hermitian, AngleVariant::phase}) {
    for (const auto policy :
         {DuplicatePolicy::none, DuplicatePolicy::drop, DuplicatePolicy::mask, DuplicatePolicy::positive}) {
      auto options = weights(1, 2, 0.5);
      options.angle_similarity = variant;
      options.duplicates = policy;
      options.cosine_scale = options.in_batch_scale = options.angle_scale = 3;
      expect_gradients(
          [&](const auto& in) {
            return scored_pairs_objective(in[0], in[1], labels, identities, options).total;
          },
          {random_tensor({6, 4}, 1), random_tensor({6, 4}, 2)}, 3e-7);
    }
  }
}

TEST(TripletsObjective, HasTheGradientOfCentralDifferences) {
  auto options = weights(1, 2, 0.5);
  options.cosine_scale = options.in_batch_scale = options.angle_scale = 3;
  options.symmetric = true;
  const Tensor identities = text_identities({1, 2, 3, 4, 2, 6, 7, 1, 4});
  const auto total = [&](const auto& in) {
    return triplets_objective(in[0], in[1], one_each(in[2]), identities, options).total;
  };
  expect_gradients(total, {random_tensor({3, 4}, 1), random_tensor({3, 4}, 2), random_tensor({3, 4}, 3)},
                   3e-7);
}

TEST(PositivePairsObjective, HasTheGradientOfCentralDifferences) {
  auto options = weights(1, 2, 0.5);
  options.in_batch_scale = 3;
  const auto total = [&](const auto& in) {
    return positive_pairs_objective(in[0], in[1], text_identities({1, 2, 1, 4, 5, 4}), options).total;
  };
  expect_gradients(total, {random_tensor({3, 4}, 1), random_tensor({3, 4}, 2)});
}

TEST(ScoredPairsObjective, ScoresTheCosineTermAsChosen) {
  for (const auto similarity : {CosineVariant::cosine, CosineVariant::arccos, CosineVariant::dot}) {
    const Tensor scores = angle::cosine_similarity(kLeft, kRight, similarity);
    auto options = weights(1, 0, 0);
    options.cosine_similarity = similarity;
    EXPECT_TRUE(tensors_close(scored(kGraded, options).total, ranking_loss(scores, kGraded, 20), 0));
    options.cosine_objective = CosineObjective::regression;
    options.regression_labels = {-1, 3};
    EXPECT_TRUE(
        tensors_close(scored(kGraded, options).cosine, (scores - (kGraded + 1) / 4).square().mean(), 1e-15));
    expect_gradients(
        [&](const auto& in) { return scored_pairs_objective(in[0], in[1], kGraded, {}, options).total; },
        {kLeft, kRight});
  }
}

/// The positives are to score 1, the negatives 0.
TEST(TripletsObjective, RegressesOnItsTwoLabels) {
  auto options = weights(1, 0, 0);
  options.cosine_objective = CosineObjective::regression;
  const Tensor positive = angle::cosine_similarity(kLeft, kRight),
               negative = angle::cosine_similarity(kLeft, kNegatives);
  EXPECT_TRUE(
      tensors_close(triplets(options).total, at::cat({positive - 1, negative}).square().mean(), 1e-15));
}

TEST(Objective, CountsDuplicatesPositiveRowsAndZeroRows) {
  const Tensor left = kLeft.clone(), right = kRight.clone(), negatives = kNegatives.clone();
  left[0].zero_();
  right[2].zero_();
  negatives[1].zero_();
  const auto check = [](const Objective& objective, int64_t positive_rows, int64_t zero_rows,
                        int64_t duplicates) {
    EXPECT_EQ(objective.positive_rows.item<int64_t>(), positive_rows);
    EXPECT_EQ(objective.zero_rows.item<int64_t>(), zero_rows);
    EXPECT_EQ(objective.duplicates.item<int64_t>(), duplicates);
    EXPECT_TRUE(all_finite(objective.total));
  };
  check(scored_pairs_objective(left, right, kBinary, text_identities({1, 2, 1, 4, 5, 4, 1, 8}), {}), 2, 2, 3);
  check(positive_pairs_objective(left, right, text_identities({1, 2, 1, 4, 5, 6, 7, 8}), {}), 4, 2, 1);
  check(triplets_objective(left, right, one_each(negatives), distinct_texts(12), {}), 4, 3, 0);
  EXPECT_FALSE(scored_pairs_objective(left, right, kBinary, {}, weights(1, 0, 1)).duplicates.defined());
}

}  // namespace
}  // namespace angle
