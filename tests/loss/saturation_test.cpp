// Saturation by bins of the cosine:
//  - bins are closed above, the first one at both ends; shares above 0.8 and 0.95 are counts of bins; equal
//    and opposite pairs are in the outermost bins
//  - gradients of the similarities are the documented closed forms; that of the cosine vanishes at ±1, that
//    of the angle does not
//  - gradients of the terms equal central differences in float64, and do not depend on their weights; the
//    total is that of the weighted sum
//  - the embeddings' own graph is untouched; gradients are measured where there is none
//  - a term that the data or an odd number of dimensions does not allow is absent; a weight of 0 hides
//    in_batch alone
//  - pairs with a zero row are counted and in no bin; two batches add up to the means over their pairs
#include "angle/loss/saturation.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include "angle/loss/similarity.h"

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

/// Rows 0 … pairs − 1 with rows pairs … 2·pairs − 1.
EmbeddingPairs side_by_side(int64_t pairs) {
  return {at::arange(pairs, at::kLong), at::arange(pairs, 2 * pairs, at::kLong)};
}

/// Scored pairs, the lower half of them positive.
ObjectiveOfEmbeddings scored(const Tensor& labels) {
  return [labels](const Tensor& embeddings, const LossOptions& options) {
    const auto sides = embeddings.chunk(2);
    return scored_pairs_objective(sides[0], sides[1], labels, distinct_texts(embeddings.size(0)), options);
  };
}

Saturation measure(const Tensor& left, const Tensor& right, const LossOptions& options = {}) {
  const Tensor labels = at::arange(left.size(0), at::kDouble);
  return measure_saturation(at::cat({left, right}), side_by_side(left.size(0)), options, scored(labels));
}

/// Pairs of 2 dimensions with these cosines.
Saturation with_cosines(const std::vector<double>& cosines) {
  const Tensor c = at::tensor(cosines, at::kDouble);
  const Tensor left = at::stack({at::ones_like(c), at::zeros_like(c)}, 1);
  return measure(left, at::stack({c, (1 - c * c).sqrt()}, 1));
}

std::vector<int64_t> counts(const Saturation& saturation) {
  std::vector<int64_t> counts;
  for (const SaturationBin& bin : saturation.bins) counts.push_back(bin.pairs);
  return counts;
}

/// The one pair's mean.
double only(const Saturation& saturation, RunningMean SaturationBin::*mean) {
  return (saturation.all_bins().*mean).value().value();
}

TEST(Saturation, SortsPairsIntoBins) {
  for (size_t k = 1; k < kCosineBins; ++k) {
    std::vector<int64_t> expected(kCosineBins, 0);
    expected[k - 1] = 1, expected[k] = 2;
    const double bound = kCosineBounds[k];
    EXPECT_EQ(counts(with_cosines({bound - 1e-9, bound + 1e-9, bound + 2e-9})), expected) << bound;
  }
  EXPECT_EQ(with_cosines({-1}).bins.front().pairs, 1);
  EXPECT_EQ(with_cosines({1}).bins.back().pairs, 1);
  EXPECT_EQ(with_cosines({0}).bins[5].pairs, 1);  // closed above
}

TEST(Saturation, TellsSharesAboveABound) {
  const Saturation saturation = with_cosines({-1, 0.79, 0.81, 0.94, 0.96, 1});
  EXPECT_DOUBLE_EQ(saturation.share_above(0.8).value(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(saturation.share_above(0.95).value(), 2.0 / 6);
  EXPECT_DOUBLE_EQ(saturation.mean_cosine.value().value(), (-1 + 0.79 + 0.81 + 0.94 + 0.96 + 1) / 6);
  EXPECT_EQ(Saturation().share_above(0.8), std::nullopt);
}

TEST(Saturation, PutsEqualAndOppositeTextsIntoTheOutermostBins) {
  const Tensor x = random_tensor({7, 24}).to(at::kFloat) * 3;
  EXPECT_EQ(measure(x, x).bins.back().pairs, 7);
  EXPECT_EQ(measure(x, -x).bins.front().pairs, 7);
}

TEST(Saturation, HasTheClosedFormsOfTheSimilarities) {
  for (const auto variant : {AngleVariant::angle_emb, AngleVariant::hermitian, AngleVariant::phase}) {
    for (uint64_t seed = 1; seed < 20; ++seed) {
      const Tensor x = random_tensor({1, 6}, seed), y = random_tensor({1, 6}, 100 + seed) * 2;
      LossOptions options;
      options.angle_similarity = variant;
      const Saturation saturation = measure(x, y, options);
      const double reciprocal = (1 / x.norm() + 1 / y.norm()).item<double>() / 2;
      const auto cosine = angle::cosine_similarity(x, y).item<double>();
      EXPECT_NEAR(only(saturation, &SaturationBin::cosine_similarity),
                  std::sqrt(1 - cosine * cosine) * reciprocal, 1e-12);
      const auto score = angle_similarity(x, y, variant).item<double>();
      const auto modulus = angle_similarity(x, y, AngleVariant::hermitian).item<double>();
      const double length = variant == AngleVariant::angle_emb   ? std::sqrt(2 - score * score)
                            : variant == AngleVariant::hermitian ? std::sqrt(1 - score * score)
                                                                 : 1 / modulus;
      EXPECT_NEAR(only(saturation, &SaturationBin::angle_similarity), length * reciprocal, 1e-11);
    }
  }
}

TEST(Saturation, ShowsThatTheCosineStopsWhereTheAngleGoesOn) {
  const Tensor x = random_tensor({4, 8});
  const auto reciprocal = x.norm(2, 1).reciprocal().mean().item<double>();
  for (const Tensor& y : {x, -x}) {
    const SaturationBin all = measure(x, y).all_bins();
    EXPECT_NEAR(all.cosine_similarity.value().value(), 0, 1e-15);
    EXPECT_NEAR(all.angle_similarity.value().value(), reciprocal, 1e-12);
    EXPECT_NEAR(all.cosine.value().value(), 0, 1e-13);
    EXPECT_GT(all.angle.value().value(), 1e-2);
  }
}

/// By both embeddings of a pair, the mean; the objective of `options` by central differences.
double length_by_differences(const Tensor& embeddings, const ObjectiveOfEmbeddings& objective,
                             const LossOptions& options) {
  const Tensor gradient = central_differences([&](const auto& in) { return objective(in[0], options).total; },
                                              {embeddings}, 1e-5)[0];
  return gradient.norm(2, 1).mean().item<double>();
}

TEST(Saturation, HasTheGradientsOfCentralDifferences) {
  for (const auto variant : {AngleVariant::angle_emb, AngleVariant::hermitian, AngleVariant::phase}) {
    LossOptions options;
    options.angle_similarity = variant;
    options.cosine_scale = options.in_batch_scale = options.angle_scale = 3;
    options.cosine_weight = 0, options.in_batch_weight = 5, options.angle_weight = 0.5;
    const Tensor embeddings = random_tensor({12, 4});
    const auto objective = scored(at::tensor({0., 1., 2., 1., 0., 2.}, at::kDouble));
    const SaturationBin all = measure_saturation(embeddings, side_by_side(6), options, objective).all_bins();

    const auto expect = [&](const RunningMean& mean, double cosine, double in_batch, double angle) {
      options.cosine_weight = cosine, options.in_batch_weight = in_batch, options.angle_weight = angle;
      EXPECT_NEAR(mean.value().value(), length_by_differences(embeddings, objective, options), 1e-7);
      EXPECT_GT(mean.value().value(), 1e-3);
    };
    expect(all.cosine, 1, 0, 0);
    expect(all.in_batch, 0, 1, 0);
    expect(all.angle, 0, 0, 1);
    expect(all.total, 0, 5, 0.5);
  }
}

TEST(Saturation, TakesPairsThatShareATextAsTripletsDo) {
  const Tensor embeddings =
      random_tensor({9, 4});  // 3 queries, 3 positives, 3 negatives of the first and the last
  const Tensor triplet = at::tensor({0, 0, 2}, at::kLong);
  const ObjectiveOfEmbeddings objective = [&](const Tensor& all, const LossOptions& options) {
    return triplets_objective(all.slice(0, 0, 3), all.slice(0, 3, 6), {all.slice(0, 6), triplet},
                              distinct_texts(9), options);
  };
  LossOptions options;
  options.in_batch_weight = 0, options.angle_weight = 0;
  const EmbeddingPairs pairs{at::tensor({0, 1, 2, 0, 0, 2}, at::kLong), at::arange(3, 9, at::kLong)};
  const Saturation saturation = measure_saturation(embeddings, pairs, options, objective);
  EXPECT_EQ(saturation.pairs(), 6);
  const Tensor lengths =
      gradients([&](const auto& in) { return objective(in[0], options).total; }, {embeddings})[0].norm(2, 1);
  const Tensor expected = (lengths.index_select(0, pairs.left) + lengths.index_select(0, pairs.right)) / 2;
  EXPECT_NEAR(only(saturation, &SaturationBin::cosine), expected.mean().item<double>(), 1e-13);
  EXPECT_NEAR(only(saturation, &SaturationBin::total), expected.mean().item<double>(), 1e-13);
}

TEST(Saturation, LeavesTheGraphOfTheEmbeddingsAlone) {
  const Tensor weights = random_tensor({4, 8}).requires_grad_(true);
  const Tensor embeddings = weights * 2;
  const at::NoGradGuard no_grad;
  const Saturation saturation =
      measure_saturation(embeddings, side_by_side(2), {}, scored(at::arange(2, at::kDouble)));
  EXPECT_GT(only(saturation, &SaturationBin::cosine), 0);
  EXPECT_FALSE(weights.grad().defined());
}

TEST(Saturation, MeasuresWhatTheDataAllow) {
  const Tensor x = random_tensor({3, 5}, 1), y = random_tensor({3, 5}, 2);
  const SaturationBin odd = measure(x, y).all_bins();
  EXPECT_FALSE(odd.angle.value() || odd.angle_similarity.value());
  EXPECT_TRUE(odd.cosine.value() && odd.in_batch.value() && odd.total.value());

  LossOptions no_weights;
  no_weights.cosine_weight = no_weights.in_batch_weight = no_weights.angle_weight = 0;
  const SaturationBin hidden =
      measure(random_tensor({3, 4}, 1), random_tensor({3, 4}, 2), no_weights).all_bins();
  EXPECT_TRUE(hidden.cosine.value() && hidden.angle.value());
  EXPECT_FALSE(hidden.in_batch.value());
  EXPECT_EQ(hidden.total.value(), 0.0);

  const ObjectiveOfEmbeddings positives = [](const Tensor& embeddings, const LossOptions& options) {
    return positive_pairs_objective(embeddings.slice(0, 0, 3), embeddings.slice(0, 3), distinct_texts(6),
                                    options);
  };
  const SaturationBin pairs =
      measure_saturation(random_tensor({6, 4}), side_by_side(3), {}, positives).all_bins();
  EXPECT_FALSE(pairs.cosine.value() || pairs.angle.value());
  EXPECT_EQ(pairs.in_batch.value(), pairs.total.value());
}

TEST(Saturation, CountsPairsWithAZeroRowApart) {
  const Tensor x = random_tensor({4, 6}, 1), y = random_tensor({4, 6}, 2);
  x[1].zero_();
  y[2].zero_();
  const Saturation saturation = measure(x, y);
  EXPECT_EQ(saturation.zero_pairs, 2);
  EXPECT_EQ(saturation.pairs(), 2);
  EXPECT_EQ(saturation.all_bins().pairs, 2);
  EXPECT_EQ(saturation.all_bins().cosine.count, 2);
}

TEST(Saturation, AddsBatchesUpToTheMeansOverTheirPairs) {
  const Saturation first = measure(random_tensor({6, 4}, 1), random_tensor({6, 4}, 2)),
                   second = measure(random_tensor({2, 4}, 3), random_tensor({2, 4}, 4));
  Saturation both = first;
  both.add(second);
  EXPECT_EQ(both.pairs(), 8);
  const auto mean = [](const Saturation& saturation) { return only(saturation, &SaturationBin::angle); };
  EXPECT_NEAR(mean(both), (6 * mean(first) + 2 * mean(second)) / 8, 1e-15);
  for (size_t k = 0; k < kCosineBins; ++k)
    EXPECT_EQ(both.bins[k].pairs, first.bins[k].pairs + second.bins[k].pairs);
}

TEST(Saturation, IsMeasuredInFloat32ForBfloat16) {
  const Tensor x = random_tensor({5, 8}, 1).to(at::kBFloat16), y = random_tensor({5, 8}, 2).to(at::kBFloat16);
  const auto wide = [](const Tensor& tensor) { return tensor.to(at::kDouble); };
  for (const auto mean : {&SaturationBin::cosine_similarity, &SaturationBin::cosine, &SaturationBin::angle})
    EXPECT_NEAR(only(measure(x, y), mean), only(measure(wide(x), wide(y)), mean), 1e-5);
}

TEST(Saturation, IsAJsonObjectWithNullForWhatIsAbsent) {
  const nlohmann::json json = saturation_json(with_cosines({0.97, 0.5}));
  EXPECT_EQ(json["pairs"], 2);
  EXPECT_EQ(json["share_above_0.95"], 0.5);
  EXPECT_EQ(json["share_above_0.8"], 0.5);
  ASSERT_EQ(json["bins"].size(), kCosineBins);
  const nlohmann::json& bin = json["bins"][12];
  EXPECT_EQ(bin["above"], 0.95);
  EXPECT_EQ(bin["to"], 0.99);
  EXPECT_EQ(bin["pairs"], 1);
  EXPECT_NEAR(bin["similarity_gradient"]["cosine"].get<double>(), std::sqrt(1 - 0.97 * 0.97), 1e-12);
  EXPECT_TRUE(json["bins"][0]["objective_gradient"]["angle"].is_null());
  EXPECT_TRUE(saturation_json({})["share_above_0.95"].is_null());
}

}  // namespace
}  // namespace angle
