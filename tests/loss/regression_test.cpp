// Pinned here:
//  - the mean of squared distances to the labels on their scale; its gradient
//  - one pair, equal labels and no pairs; the type of the scores
//  - shapes and scales that make no sense are refused
#include "angle/loss/regression.h"

#include <gmock/gmock.h>

#include "support/gradient_check.h"

namespace angle {
namespace {

using namespace angle::testing;

const Tensor kScores = at::tensor({0.5, 1.0, -1.0, 0.25}, at::kDouble);
const Tensor kLabels = at::tensor({0.0, 5.0, 2.5, 1.25}, at::kDouble);  // for the scores 0, 1, 0.5, 0.25

TEST(RegressionLoss, IsTheMeanSquaredDistanceToTheLabelsOnTheirScale) {
  EXPECT_EQ(regression_loss(kScores, kLabels, 0, 5).item<double>(), (0.25 + 0 + 2.25 + 0) / 4);
  EXPECT_EQ(regression_loss(kScores, 2 * kLabels - 5, -5, 5).item<double>(), (0.25 + 0 + 2.25 + 0) / 4);
}

TEST(RegressionLoss, PullsEachScoreByItsDistance) {
  const auto found =
      gradients([](const auto& in) { return regression_loss(in[0], kLabels, 0, 5); }, {kScores});
  EXPECT_TRUE(tensors_close(found[0], at::tensor({0.25, 0.0, -0.75, 0.0}, at::kDouble), 1e-15));
  expect_gradients([](const auto& in) { return regression_loss(in[0], kLabels, 0, 5); }, {kScores});
}

TEST(RegressionLoss, LearnsFromOnePair) {
  EXPECT_EQ(regression_loss(kScores.slice(0, 0, 1), kLabels.slice(0, 0, 1), 0, 5).item<double>(), 0.25);
}

TEST(RegressionLoss, IsZeroWithoutPairs) {
  const Tensor none = at::empty({0}, at::kDouble);
  const auto loss = [&](const auto& in) { return regression_loss(in[0], none, 0, 1); };
  EXPECT_EQ(loss(std::vector{none}).template item<double>(), 0);
  EXPECT_EQ(gradients(loss, {none})[0].numel(), 0);
}

TEST(RegressionLoss, HasTheTypeOfTheScores) {
  const Tensor loss = regression_loss(kScores.to(at::kFloat), kLabels, 0, 5);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(loss.item<float>(), 0.625);
}

TEST(RegressionLoss, RefusesWhatMakesNoSense) {
  EXPECT_THROW(regression_loss(kScores, kLabels.slice(0, 1), 0, 5), c10::Error);
  EXPECT_THROW(regression_loss(kScores, kLabels, 5, 5), c10::Error);
}

}  // namespace
}  // namespace angle
