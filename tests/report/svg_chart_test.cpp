// Charts:
//  - points are placed in proportion, larger values higher; what is not finite, and on a logarithmic axis
//    not positive, is left out;
//  - every bar tells its bin and value; names are escaped;
//  - thinning keeps the mean.
#include "report/svg_chart.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(LineChart, PlacesPointsInProportion) {
  const std::string svg = line_chart({"t", "x", "y"}, {{"a", 0, {{0, 0}, {5, 1}, {10, 2}}, false}});
  EXPECT_THAT(svg, HasSubstr("class=\"line c0\" d=\"M52.0 192.0L220.0 101.0L388.0 10.0\""));
}

TEST(LineChart, LeavesOutWhatHasNoPlace) {
  const std::string svg = line_chart({"t", "x", "y"}, {{"a", 1, {{0, 1}, {1, 0}, {2, kNan}, {3, 100}}, true}},
                                     /*logarithmic=*/true);
  EXPECT_THAT(svg, HasSubstr("d=\"M52.0 192.0L388.0 10.0\""));
  EXPECT_THAT(svg, HasSubstr("<title>a: 100 at 3</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(line_chart({"t", "x", "y"}, {{"a", 0, {}, false}}), HasSubstr("</svg>"));
}

TEST(LineChart, CountsDecadesOnALogarithmicAxis) {
  const std::string svg =
      line_chart({"t", "x", "y"}, {{"a", 0, {{0, 1}, {1, 10}}, false}}, /*logarithmic=*/true);
  for (const char* tick : {">1<", ">2<", ">5<", ">10<"}) EXPECT_THAT(svg, HasSubstr(tick));
}

TEST(LineChart, HasAnEndForValuesThatDoublesCanHardlyTellApart) {
  for (const double value : {1e16, 1e300, -1e16, 0.0})
    EXPECT_THAT(
        line_chart({"t", "x", "y"}, {{"a", 0, {{0, value}, {1, std::nextafter(value, 2 * value)}}, false}}),
        HasSubstr("</svg>"));
}

TEST(LineChart, TellsThousandsWithoutPowersOfTen) {
  const std::string svg = line_chart({"t", "x", "y"}, {{"a", 0, {{0, 20'000}, {1, 60'000}}, true}});
  EXPECT_THAT(svg, HasSubstr(">60000<"));
  EXPECT_THAT(svg, Not(HasSubstr("e+")));
}

std::string y_axis_at(int left) { return R"(<path class="axis" d="M)" + std::to_string(left) + " 192H"; }

TEST(LineChart, MakesRoomForTheNumbersOfItsAxis) {
  const auto chart = [](double highest, const char* name = "tokens/s") {
    return line_chart({"t", "x", name}, {{"a", 0, {{0, 0}, {1, highest}}, true}});
  };
  EXPECT_THAT(chart(5), HasSubstr(y_axis_at(52)));
  EXPECT_THAT(chart(5000), HasSubstr(y_axis_at(52)));
  EXPECT_THAT(chart(50'000), HasSubstr(y_axis_at(59)));
  EXPECT_THAT(chart(500'000), HasSubstr(y_axis_at(66)));
  EXPECT_THAT(chart(500'000, ""), HasSubstr(y_axis_at(52)));
  EXPECT_THAT(chart(50'000), HasSubstr("<text x=\"54\" y=\"14.0\" text-anchor=\"end\">50000</text>"));
}

TEST(LineChart, HasItsTitleWhereLongOnesAreBroken) {
  EXPECT_THAT(line_chart({"/a/b <c>", "x", "y"}, {}),
              HasSubstr("<figure><figcaption>/a/b &lt;c&gt;</figcaption>"));
}

TEST(ScatterChart, HasTheAxisThatItIsGiven) {
  Range range;
  for (const double value : {0.0, kNan, 2.0}) range.add(value);
  const std::string svg = scatter_chart({"t", "x", "y"}, {"a", 1, {{0, 1}, {1, 1}}, false}, {}, range);
  EXPECT_THAT(svg, HasSubstr(">2</text>"));
  EXPECT_THAT(svg, HasSubstr("class=\"dots c1\" d=\"M58.0 98.0h0M382.0 98.0h0\""));
}

TEST(RoundStep, IsOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_DOUBLE_EQ(round_step({0, 1}, 10), 0.1);
  EXPECT_DOUBLE_EQ(round_step({-0.5, 1}, 10), 0.2);
  EXPECT_DOUBLE_EQ(round_step({0, 45}, 10), 5);
}

TEST(BarChart, TellsBinsAndValues) {
  const std::string svg = bar_chart({"t", "x", "y"}, {0, 0.5, 1}, {{"a<b", 2, {{0, 3}, {0, kNan}}, false}});
  EXPECT_THAT(svg, HasSubstr("<title>a&lt;b, 0 to 0.5: 3</title>"));
  EXPECT_THAT(svg, Not(HasSubstr("0.5 to 1")));
}

TEST(ThinOut, KeepsTheMean) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i) points.push_back({static_cast<double>(i), std::sin(i)});
  const std::vector<Point> thinned = thin_out(points, 100);
  ASSERT_EQ(thinned.size(), 100u);
  double all = 0, kept = 0;
  for (const Point& point : points) all += point.y / 1000;
  for (const Point& point : thinned) kept += point.y / 100;
  EXPECT_NEAR(all, kept, 1e-12);
  EXPECT_EQ(thinned[0].x, 4.5);
  EXPECT_EQ(thin_out(points, 2000).size(), 1000u);
}

}  // namespace
}  // namespace angle
