// Pins: neighbours vote, and of equally frequent classes the nearest one's wins; logistic regression ends
// where its gradient is zero, equals the closed form where there is one and scikit-learn's for two classes;
// both read off classes that are there and none that are not.
#include "angle/eval/probes.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/contingency.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

double share_equal(const std::vector<int64_t>& predicted, const std::vector<int64_t>& labels) {
  return accuracy(Contingency(labels, predicted).cells());
}

LabelledVectors noisy_classes(int64_t texts, double noise) {
  at::manual_seed(3);
  const Tensor centres = at::randn({3, 16});
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < texts; ++i) labels.push_back(i * i % 3 + (i % 5 == 0 ? 1 : 0));
  return {centres.index_select(0, at::tensor(labels, at::kLong)) + noise * at::randn({texts, 16}), labels};
}

TEST(ClassifyByNeighbours, CountsVotesAndThenDistance) {
  const Tensor training = at::tensor({1.0F, 0.0F, 1.0F, 0.1F, 1.0F, 0.2F, 0.0F, 1.0F}).reshape({4, 2});
  const LabelledVectors labelled{training, {5, 2, 2, 7}};
  const Tensor queries = at::tensor({3.0F, -0.1F, 0.0F, 2.0F}).reshape({2, 2});
  EXPECT_THAT(classify_by_neighbours(labelled, queries, 1), ElementsAre(5, 7));
  EXPECT_THAT(classify_by_neighbours(labelled, queries, 2), ElementsAre(5, 7));  // one vote each
  EXPECT_THAT(classify_by_neighbours(labelled, queries, 3), ElementsAre(2, 2));
  EXPECT_THAT(classify_by_neighbours(labelled, queries, 99), ElementsAre(2, 2));
}

TEST(LogisticRegression, EndsWhereItsGradientIsZero) {
  for (const double c : {0.01, 1.0, 100.0}) {
    const LabelledVectors training = noisy_classes(90, 1.0);
    const LogisticRegression fitted = fit_logistic_regression(training, 3, c);
    const Tensor x = training.vectors.to(at::kDouble);
    const Tensor shares = (x.matmul(fitted.weight.t()) + fitted.bias).softmax(1);
    const Tensor errors = shares - at::one_hot(at::tensor(training.labels, at::kLong), 3);
    const double tolerance = 1e-6 * c * 90;
    EXPECT_LE((fitted.weight + c * errors.t().matmul(x)).abs().max().item<double>(), tolerance) << c;
    EXPECT_LE((c * errors.sum(0)).abs().max().item<double>(), tolerance) << c;
  }
}

/// Of LogisticRegression(C=c, tol=1e-12) of scikit-learn 1.9.
struct BinaryGolden {
  double c;
  double weights[2];
  double bias;
};

TEST(LogisticRegression, IsThatOfScikitLearnForTwoClasses) {
  const Tensor vectors =
      at::tensor({1, 2, 2, 1, 0, 1, 3, 0, -1, 1, 0, -2, 1, -1, -2, 0}).to(at::kFloat).reshape({8, 2});
  const LabelledVectors training{vectors, {1, 1, 1, 0, 0, 0, 1, 0}};
  for (const auto& golden : {BinaryGolden{1.0, {0.36399106, 0.53664827}, -0.32736022},
                             BinaryGolden{0.1, {0.13572430, 0.15311411}, -0.10643885}}) {
    const LogisticRegression fitted = fit_logistic_regression(training, 2, golden.c);
    const Tensor weight = fitted.weight[1] - fitted.weight[0];
    for (int64_t i = 0; i < 2; ++i)
      EXPECT_NEAR(weight[i].item<double>(), golden.weights[i], 1e-4) << golden.c;
    EXPECT_NEAR((fitted.bias[1] - fitted.bias[0]).item<double>(), golden.bias, 1e-4) << golden.c;
  }
}

TEST(LogisticRegression, LearnsTheSharesOfClassesThatNothingTellsApart) {
  const LabelledVectors training{at::zeros({10, 2}), {0, 0, 0, 0, 0, 0, 0, 1, 1, 1}};
  const LogisticRegression fitted = fit_logistic_regression(training, 2);
  EXPECT_NEAR((fitted.bias[0] - fitted.bias[1]).item<double>(), std::log(7.0 / 3.0), 1e-4);
  EXPECT_NEAR(fitted.weight.abs().max().item<double>(), 0.0, 1e-9);
}

TEST(Probes, FindClassesThatAreThere) {
  LabelledVectors training = noisy_classes(120, 0.3);
  const LabelledVectors test{training.vectors.slice(0, 60),
                             {training.labels.begin() + 60, training.labels.end()}};
  training = {training.vectors.slice(0, 0, 60), {training.labels.begin(), training.labels.begin() + 60}};
  EXPECT_GT(share_equal(classify_by_neighbours(training, test.vectors, 5), test.labels), 0.95);
  EXPECT_GT(share_equal(fit_logistic_regression(training, 3).classify(test.vectors), test.labels), 0.95);
}

TEST(Probes, FindNothingInNoise) {
  LabelledVectors training = noisy_classes(300, 0.0);
  training.vectors = at::randn({300, 4});
  const Tensor vectors = at::randn({300, 4});
  EXPECT_LT(share_equal(classify_by_neighbours(training, vectors, 5), training.labels), 0.6);
}

}  // namespace
}  // namespace angle
