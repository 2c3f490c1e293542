#include "report/svg_chart.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace angle {
namespace {

// In SVG units. Charts are as wide as a phone, so that their text is readable there.
constexpr double kWidth = 400, kHeight = 232, kRight = 12, kTop = 10, kBottom = 40;

/// A range of values on a length of paper.
class Axis {
 public:
  Axis(Range range, double from, double to) : range_(range), from_(from), to_(to) {
    if (range_.empty()) range_ = {0, 1};
    const double least = std::max(std::abs(range_.low), std::abs(range_.high)) * 1e-9;
    if (range_.high - range_.low <= least) {
      const double margin = std::max(0.5, least);
      range_ = {range_.low - margin, range_.high + margin};
    }
  }

  double place(double value) const {
    return from_ + (value - range_.low) / (range_.high - range_.low) * (to_ - from_);
  }

  /// Where 1, 2 and 5 times powers of ten are on an axis of logarithms; over many decades the powers alone.
  std::vector<double> decade_ticks() const {
    const bool many = range_.high - range_.low > 2.5;
    std::vector<double> ticks;
    const int last = static_cast<int>(std::floor(range_.high));
    for (int power = static_cast<int>(std::floor(range_.low)); power <= last; ++power)
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double tick = power + std::log10(factor);
        if (tick >= range_.low && tick <= range_.high && (factor == 1.0 || !many)) ticks.push_back(tick);
      }
    return ticks;
  }

  /// Round numbers within the range, about `count` of them.
  std::vector<double> ticks(int count) const {
    const double step = round_step(range_, count);
    std::vector<double> ticks;
    const double first = std::ceil(range_.low / step) * step;
    for (int i = 0; i <= 2 * count && first + i * step <= range_.high + step * 1e-6; ++i) {
      const double tick = first + i * step;
      ticks.push_back(std::abs(tick) < step * 1e-6 ? 0 : tick);
    }
    return ticks;
  }

 private:
  Range range_;
  double from_;
  double to_;
};

/// Four digits; of thousands all, where those would be a power of ten.
std::string number(double value) {
  const double size = std::abs(value);
  return size >= 1e4 && size < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

/// The title is HTML, not SVG, whose text has no lines: a long one would be cut.
std::string open_chart(const ChartText& text, double height = kHeight) {
  const std::string title = escape_html(text.title);
  return fmt::format(
      "<figure><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
      title, kWidth, height, title);
}

constexpr const char* kEndOfChart = "</svg></figure>\n";

std::string x_axis(const Axis& axis, const ChartText& text, double left, double height = kHeight) {
  std::string svg;
  const double bottom = height - kBottom;
  for (const double tick : axis.ticks(5))
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", axis.place(tick),
                       bottom + 15, number(tick));
  return svg + fmt::format(
                   "<path class=\"axis\" d=\"M{} {}H{}\"/>\n<text x=\"{}\" y=\"{}\" "
                   "text-anchor=\"middle\">{}</text>\n",
                   left, bottom, kWidth - kRight, (left + kWidth - kRight) / 2, height - 6,
                   escape_html(text.x_axis));
}

/// A number beside the y axis.
struct Tick {
  double place;
  std::string label;
};

std::vector<Tick> y_ticks(const Axis& axis, bool logarithmic = false) {
  std::vector<Tick> ticks;
  for (const double tick : logarithmic ? axis.decade_ticks() : axis.ticks(5))
    ticks.push_back({axis.place(tick), number(logarithmic ? std::pow(10, tick) : tick)});
  return ticks;
}

/// Where the y axis is, so that its name, if any, and its numbers have room left of it. Most charts of a page
/// begin at the same place.
double left_edge(const std::vector<Tick>& ticks, const ChartText& text) {
  constexpr double kUsual = 52, kName = 19, kDigit = 7, kGap = 5;  // of a wide font of 11
  size_t digits = 0;
  for (const Tick& tick : ticks) digits = std::max(digits, tick.label.size());
  const double name = text.y_axis.empty() ? 0 : kName;
  return std::max(kUsual, name + kDigit * static_cast<double>(digits) + kGap);
}

std::string y_axis(const std::vector<Tick>& ticks, const ChartText& text, double left) {
  std::string svg;
  for (const Tick& tick : ticks)
    svg += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/>\n<text x=\"{3}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5}</text>\n",
        left, tick.place, kWidth - kRight, left - 5, tick.place + 4, tick.label);
  return svg +
         fmt::format(
             "<text x=\"12\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {0})\">{1}</text>\n",
             (kTop + kHeight - kBottom) / 2, escape_html(text.y_axis));
}

std::string line(const Series& series, const std::vector<Point>& places) {
  std::string path;
  for (const Point& at : places) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", at.x, at.y);
  return path.empty()
             ? ""
             : fmt::format("<path class=\"line c{}\" d=\"{}\"/>\n", series.colour % kChartColours, path);
}

/// At most so many letters, with … where some are missing; never a part of one in UTF-8.
std::string shortened(const std::string& text, size_t letters) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if ((text[i] & 0xC0) != 0x80 && count++ == letters) return text.substr(0, i) + "…";
  return text;
}

std::string marker(const Series& series, const Point& at, const Point& value) {
  return fmt::format(
      "<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"><title>{}: {} at "
      "{}</title></circle>\n",
      series.colour % kChartColours, at.x, at.y, escape_html(series.name), number(value.y), number(value.x));
}

}  // namespace

void Range::add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value), high = std::max(high, value);
}

double round_step(const Range& range, int count) {
  const double rough = (range.high - range.low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {10.0, 5.0, 2.0, 1.0})
    if (factor * power >= rough) step = factor * power;
  return step;
}

std::string line_chart(const ChartText& text, const std::vector<Series>& series, bool logarithmic) {
  const auto height = [&](double value) { return logarithmic ? std::log10(value) : value; };
  Range x_range, y_range;
  for (const Series& one : series)
    for (const Point& point : one.points)
      if (std::isfinite(height(point.y))) x_range.add(point.x), y_range.add(height(point.y));
  const Axis y(y_range, kHeight - kBottom, kTop);
  const std::vector<Tick> ticks = y_ticks(y, logarithmic);
  const double left = left_edge(ticks, text);
  const Axis x(x_range, left, kWidth - kRight);

  std::string svg = open_chart(text);
  svg += y_axis(ticks, text, left);
  svg += x_axis(x, text, left);
  for (const Series& one : series) {
    std::vector<Point> places;
    std::string markers;
    for (const Point& point : one.points) {
      if (!std::isfinite(height(point.y))) continue;
      places.push_back({x.place(point.x), y.place(height(point.y))});
      if (one.markers) markers += marker(one, places.back(), point);
    }
    svg += line(one, places) + markers;
  }
  return svg + kEndOfChart;
}

std::string scatter_chart(const ChartText& text, const Series& dots, const std::vector<Point>& trend,
                          const Range& y_range) {
  Range x_range;
  for (const auto* points : {&dots.points, &trend})
    for (const Point& point : *points) x_range.add(point.x);
  const Axis y(y_range, kHeight - kBottom - 6, kTop);
  const std::vector<Tick> ticks = y_ticks(y);
  const double left = left_edge(ticks, text);
  const Axis x(x_range, left + 6, kWidth - kRight - 6);  // dots at the ends are whole
  std::string path;  // of points without length, which round caps make dots: one element for thousands
  for (const Point& point : dots.points)
    path += fmt::format("M{:.1f} {:.1f}h0", x.place(point.x), y.place(point.y));
  std::vector<Point> places;
  for (const Point& point : trend) places.push_back({x.place(point.x), y.place(point.y)});
  return open_chart(text) + y_axis(ticks, text, left) + x_axis(x, text, left) +
         fmt::format("<path class=\"dots c{}\" d=\"{}\"/>\n", dots.colour % kChartColours, path) +
         fmt::format("<g class=\"trend\">{}</g>\n", line(dots, places)) + kEndOfChart;
}

std::string interval_chart(const ChartText& text, const std::vector<IntervalRow>& rows) {
  constexpr double kRow = 22, kNames = 150;
  constexpr size_t kMostLetters = 24;
  const double height = kTop + kRow * static_cast<double>(rows.size()) + kBottom;
  Range range;
  range.add(0);
  for (const IntervalRow& row : rows) range.add(row.low), range.add(row.high), range.add(row.value);
  const Axis x(range, kNames + 8, kWidth - kRight - 8);
  std::string svg = open_chart(text, height) + x_axis(x, text, kNames, height);
  svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {}V{}\"/>\n", x.place(0), kTop, height - kBottom);
  double at = kTop + kRow / 2;
  for (const IntervalRow& row : rows) {
    const int colour = row.colour % kChartColours;
    svg += fmt::format("<text x=\"0\" y=\"{:.1f}\">{}</text>\n", at + 4,
                       escape_html(shortened(row.name, kMostLetters)));
    svg += fmt::format("<path class=\"line c{}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", colour, x.place(row.low),
                       at, x.place(row.high));
    svg += marker({row.name, colour, {}, true}, {x.place(row.value), at}, {0, row.value});
    at += kRow;
  }
  return svg + kEndOfChart;
}

std::string bar_chart(const ChartText& text, const std::vector<double>& edges,
                      const std::vector<Series>& series) {
  const size_t bins = edges.size() - 1;
  Range y_range;
  y_range.add(0);
  for (const Series& one : series)
    for (const Point& point : one.points) y_range.add(point.y);
  const Axis y(y_range, kHeight - kBottom, kTop);
  const std::vector<Tick> ticks = y_ticks(y);
  const double left = left_edge(ticks, text);
  const double slot = (kWidth - left - kRight) / static_cast<double>(bins);
  const double width = slot * 0.84 / static_cast<double>(std::max<size_t>(series.size(), 1));

  std::string svg = open_chart(text) + y_axis(ticks, text, left);
  for (size_t i = 0; i <= bins; i += bins > 16 ? 4 : bins > 8 ? 2 : 1)
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                       left + slot * static_cast<double>(i), kHeight - kBottom + 15, number(edges[i]));
  for (size_t s = 0; s < series.size(); ++s)
    for (size_t i = 0; i < std::min(bins, series[s].points.size()); ++i) {
      const double value = series[s].points[i].y;
      if (!std::isfinite(value)) continue;
      svg += fmt::format(
          "<rect class=\"bar c{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}, "
          "{} to {}: {}</title></rect>\n",
          series[s].colour % kChartColours,
          left + slot * (static_cast<double>(i) + 0.08) + width * static_cast<double>(s), y.place(value),
          width, y.place(0) - y.place(value), escape_html(series[s].name), number(edges[i]),
          number(edges[i + 1]), number(value));
    }
  return svg + fmt::format(
                   "<path class=\"axis\" d=\"M{} {}H{}\"/>\n<text x=\"{}\" y=\"{}\" "
                   "text-anchor=\"middle\">{}</text>\n{}",
                   left, kHeight - kBottom, kWidth - kRight, (left + kWidth - kRight) / 2, kHeight - 6,
                   escape_html(text.x_axis), kEndOfChart);
}

std::vector<Point> thin_out(const std::vector<Point>& points, size_t count) {
  if (points.size() <= count) return points;
  std::vector<Point> thinned;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * points.size() / count, end = (i + 1) * points.size() / count;
    Point mean;
    for (size_t k = begin; k < end; ++k) mean.x += points[k].x, mean.y += points[k].y;
    const auto size = static_cast<double>(end - begin);
    thinned.push_back({mean.x / size, mean.y / size});
  }
  return thinned;
}

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace angle
