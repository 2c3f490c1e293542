// Charts as SVG elements to put into an HTML page, which styles them by class: `grid`, `axis`, and `c0` …
// `c7` for the series.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "angle/report/run_record.h"

namespace angle {

/// How many colours there are; series beyond them begin again.
inline constexpr int kChartColours = 8;

/// Of histograms that show pairs before training and after it.
inline constexpr int kBeforeColour = 3, kAfterColour = 4;

struct Series {
  std::string name;
  int colour = 0;
  std::vector<Point> points;  // by rising x
  bool markers = false;       // a dot for each point, which shows its value when pointed at
};

/// The values of an axis; none at first.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  /// Widens it to hold a value, unless that is not finite.
  void add(double value);
  bool empty() const { return low > high; }
};

/// The width of steps of 1, 2 or 5 times a power of ten, of which about `count` fit into a range.
double round_step(const Range& range, int count);

struct ChartText {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

/// Lines over a common x axis; a logarithmic y axis shows positive values only.
std::string line_chart(const ChartText& text, const std::vector<Series>& series, bool logarithmic = false);

/// A dot for each point, half transparent, and a line through `trend`.
///
/// @param y_range  of the y axis: charts to be compared have the same
std::string scatter_chart(const ChartText& text, const Series& dots, const std::vector<Point>& trend,
                          const Range& y_range);

/// A value with an interval.
struct IntervalRow {
  std::string name;
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
  int colour = 0;
};

/// A row for each: its name, its interval as a bar and its value as a dot; a rule at 0, if that is in reach.
std::string interval_chart(const ChartText& text, const std::vector<IntervalRow>& rows);

/// Bars of one or more series side by side over bins, of which `edges` has one more.
std::string bar_chart(const ChartText& text, const std::vector<double>& edges,
                      const std::vector<Series>& series);

/// At most `count` points, each the mean of neighbouring ones.
std::vector<Point> thin_out(const std::vector<Point>& points, size_t count);

/// Text for HTML and SVG: `&`, `<`, `>` and quotes as entities.
std::string escape_html(const std::string& text);

}  // namespace angle
