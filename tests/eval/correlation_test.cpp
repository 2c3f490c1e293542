// Pins: both correlations equal SciPy's; ties get average ranks; undefined correlations are empty and say
// why; offset and scale of the values cost no digits; a perfect order gives exactly 1.
#include "angle/eval/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/golden.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void expect_correlation(const std::optional<double>& actual, const json& expected, double tolerance) {
  if (expected == "nan") {
    EXPECT_EQ(actual, std::nullopt);
  } else {
    ASSERT_TRUE(actual.has_value());
    EXPECT_NEAR(*actual, expected.get<double>(), tolerance);
  }
}

TEST(Correlation, EqualsSciPyOnEveryGoldenCase) {
  ANGLE_REQUIRE_GOLDEN(path, "metrics/correlation.json");
  const json golden = read_json(path);
  ASSERT_GE(golden.at("cases").size(), 30u);
  for (const auto& test_case : golden.at("cases")) {
    const std::string name = test_case.at("name");
    SCOPED_TRACE(name);
    const auto x = test_case.at("x").get<std::vector<double>>();
    const auto y = test_case.at("y").get<std::vector<double>>();
    // With values near 1e8 the last digits of the input itself are worth 1e-8.
    const double tolerance = name == "large offset" ? 1e-7 : 1e-12;
    expect_correlation(pearson(x, y), test_case.at("pearson"), tolerance);
    expect_correlation(spearman(x, y), test_case.at("spearman"), 1e-12);
    EXPECT_EQ(why_undefined(x, y).empty(), test_case.at("pearson") != "nan");
  }
}

TEST(AverageRanks, GivesEqualValuesTheMeanOfTheirRanks) {
  EXPECT_THAT(average_ranks(std::vector<double>{30, 10, 20, 10, 10}), ElementsAre(5, 2, 4, 2, 2));
  EXPECT_THAT(average_ranks(std::vector<double>{1, 1}), ElementsAre(1.5, 1.5));
  EXPECT_THAT(average_ranks(std::vector<double>{0.0, -0.0, -1.0}), ElementsAre(2.5, 2.5, 1));
  EXPECT_THAT(average_ranks(std::vector<double>{}), IsEmpty());
}

TEST(Spearman, IsExactlyOneForAnyIncreasingFunction) {
  std::vector<double> x, y;
  for (int i = 0; i < 1001; ++i) {
    x.push_back(0.37 * i);
    y.push_back(std::exp(0.01 * i));
  }
  EXPECT_EQ(spearman(x, y), 1.0);
  std::reverse(y.begin(), y.end());
  EXPECT_EQ(spearman(x, y), -1.0);
}

TEST(Pearson, IsExactlyOneForAVectorAndItself) {
  const std::vector<double> x{0.1, 0.7, -0.3, 12.0, 5.5};
  EXPECT_EQ(pearson(x, x), 1.0);
}

TEST(Pearson, NeitherUnderflowsNorOverflows) {
  const std::vector<double> y{1, 2, 4};
  const double expected = *pearson(std::vector<double>{1, 3, 4}, y);
  EXPECT_NEAR(*pearson(std::vector<double>{1e-200, 3e-200, 4e-200}, y), expected, 1e-15);
  EXPECT_NEAR(*pearson(std::vector<double>{1e300, 3e300, 4e300}, y), expected, 1e-15);
}

TEST(Correlation, SaysWhyItIsUndefined) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> rising{1, 2, 3}, constant{0.1, 0.1, 0.1}, broken{1, nan, 3}, one{1}, none;
  EXPECT_EQ(why_undefined(rising, rising), "");
  EXPECT_EQ(why_undefined(one, one), "fewer than two pairs");
  EXPECT_EQ(why_undefined(none, none), "fewer than two pairs");
  EXPECT_EQ(why_undefined(constant, rising), "all scores are equal");
  EXPECT_EQ(why_undefined(rising, constant), "all labels are equal");
  EXPECT_EQ(why_undefined(broken, rising), "a score is not a finite number");
  EXPECT_EQ(why_undefined(rising, broken), "a label is not a finite number");
  for (const auto& scores : {constant, broken}) {
    EXPECT_EQ(pearson(scores, rising), std::nullopt);
    EXPECT_EQ(spearman(scores, rising), std::nullopt);
  }
}

}  // namespace
}  // namespace angle
