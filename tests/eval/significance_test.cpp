// Pins: p-values of Student's t are those of tables and of SciPy, also far out and near 0; the paired t-test
// is SciPy's ttest_rel; Holm's correction is its textbook definition, in the order given.
#include "angle/eval/significance.h"

#include <cmath>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Values = std::vector<double>;

TEST(Spread, IsMeanAndSampleDeviation) {
  const Spread spread = spread_of(Values{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_DOUBLE_EQ(spread.mean, 5);
  EXPECT_DOUBLE_EQ(*spread.deviation, std::sqrt(32.0 / 7));
  EXPECT_EQ(spread_of(Values{3}).deviation, std::nullopt);
}

TEST(StudentPValue, IsThatOfTables) {
  // The 97.5 % quantiles of printed tables.
  for (const auto& [degrees, t] : {std::pair(1.0, 12.7062047),
                                   {2.0, 4.30265273},
                                   {3.0, 3.18244631},
                                   {4.0, 2.77644511},
                                   {9.0, 2.26215716},
                                   {30.0, 2.04227246},
                                   {120.0, 1.97993041}})
    EXPECT_NEAR(student_p_value(t, degrees), 0.05, 1e-9) << degrees;
}

TEST(StudentPValue, IsThatOfClosedForms) {
  for (const double t : {1e-9, 1e-3, 0.2, 1.0, 3.0, 50.0, 1e6}) {
    EXPECT_NEAR(student_p_value(t, 1), 2 / std::numbers::pi * std::atan2(1, t), 1e-14) << t;  // Cauchy
    EXPECT_NEAR(student_p_value(t, 2), 1 - t / std::sqrt(2 + t * t), 1e-14) << t;
  }
}

TEST(StudentPValue, IsThatOfSciPy) {
  const auto near = [](double expected) {
    return DoubleNear(expected, 1e-12 * expected);
  };  // 2 * t.sf(|t|, ν)
  EXPECT_THAT(student_p_value(5, 4), near(0.007490433881274525));
  EXPECT_THAT(student_p_value(-2.1, 9), near(0.06511828241215196));
  EXPECT_THAT(student_p_value(40, 4), near(2.3340163226012678e-06));
  EXPECT_THAT(student_p_value(2.5, 30), near(0.01811564906806669));
}

TEST(StudentPValue, HasItsLimits) {
  EXPECT_EQ(student_p_value(0, 4), 1);
  EXPECT_EQ(student_p_value(-INFINITY, 4), 0);
  EXPECT_NEAR(student_p_value(1.96, 1000), std::erfc(1.96 / std::numbers::sqrt2),
              3e-4);  // the normal distribution
}

TEST(PairedTTest, IsThatOfSciPy) {
  const Values scores{86.1, 86.3, 86.05, 86.4, 86.2}, others{86.0, 86.25, 86.1, 86.1, 86.0};
  Values differences;
  for (size_t i = 0; i < scores.size(); ++i) differences.push_back(scores[i] - others[i]);
  EXPECT_NEAR(*paired_t_test(differences), 0.11795473234274577, 1e-12);
}

TEST(PairedTTest, KnowsWhenThereIsNothingToTest) {
  EXPECT_EQ(paired_t_test(Values{}), std::nullopt);
  EXPECT_EQ(paired_t_test(Values{0.3}), std::nullopt);
  EXPECT_EQ(paired_t_test(Values{0, 0, 0}), 1);
  EXPECT_EQ(paired_t_test(Values{0.5, 0.5}), std::nullopt);
  EXPECT_EQ(paired_t_test(Values{0.9 - 0.8, 0.7 - 0.6}), std::nullopt) << "the same but for rounding";
}

TEST(Holm, MultipliesByTheNumberOfHypothesesThatAreLeft) {
  EXPECT_THAT(holm_adjusted(Values{0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleNear(0.03, 1e-15), DoubleNear(0.06, 1e-15), DoubleNear(0.06, 1e-15),
                          DoubleNear(0.02, 1e-15)));
}

TEST(Holm, NeitherFallsNorPasses1) {
  // 3 · 0.02 = 0.06, then 2 · 0.025 = 0.05 is raised to it.
  EXPECT_THAT(holm_adjusted(Values{0.02, 0.025, 0.9}),
              ElementsAre(DoubleNear(0.06, 1e-15), DoubleNear(0.06, 1e-15), 0.9));
  EXPECT_THAT(holm_adjusted(Values{0.6, 0.7}), ElementsAre(1, 1));
  EXPECT_THAT(holm_adjusted(Values{0.03}), ElementsAre(0.03));
  EXPECT_THAT(holm_adjusted(Values{}), IsEmpty());
}

}  // namespace
}  // namespace angle
