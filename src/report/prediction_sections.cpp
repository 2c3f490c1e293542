#include "report/prediction_sections.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "report/html_parts.h"
#include "report/svg_chart.h"

namespace angle {
namespace {

/// By the name of a similarity.
using Ranges = std::map<std::string, Range>;

/// Of all runs, tasks and moments, so that charts of one similarity have the same axis.
Ranges find_ranges(std::span<const RunRecord> runs) {
  Ranges ranges;
  for (const RunRecord& run : runs)
    for (const RunPredictions& one : run.predictions)
      for (const Point& pair : one.pairs) ranges[one.similarity].add(pair.y);
  return ranges;
}

/// The mean similarity of pairs with about the same label, in ten steps of labels.
std::vector<Point> mean_by_label(const std::vector<Point>& pairs) {
  constexpr int kSteps = 10;
  double low = pairs.front().x, high = low;
  for (const Point& pair : pairs) low = std::min(low, pair.x), high = std::max(high, pair.x);
  std::map<int, std::vector<Point>> steps;
  for (const Point& pair : pairs) {
    const double place = high > low ? (pair.x - low) / (high - low) : 0;
    steps[std::min(kSteps - 1, static_cast<int>(place * kSteps))].push_back(pair);
  }
  std::vector<Point> means;
  for (const auto& [step, points] : steps) means.push_back(thin_out(points, 1).front());
  return means;
}

/// `run, `, where there are several.
std::string prefix(std::span<const RunRecord> runs, size_t i) {
  return runs.size() == 1 ? "" : runs[i].name + ", ";
}

std::string scatter_charts(std::span<const RunRecord> runs, const Ranges& ranges) {
  constexpr size_t kDots = 2000;  // in a chart; more make the page large and the chart no clearer
  std::string charts;
  for (size_t i = 0; i < runs.size(); ++i)
    for (const RunPredictions& one : runs[i].predictions) {
      Series dots{runs[i].name, static_cast<int>(i), {}, false};
      const size_t every = (one.pairs.size() + kDots - 1) / kDots;
      for (size_t pair = 0; pair < one.pairs.size(); pair += every) dots.points.push_back(one.pairs[pair]);
      charts += scatter_chart({prefix(runs, i) + one.moment + ": " + one.task, "label", one.similarity}, dots,
                              mean_by_label(one.pairs), ranges.at(one.similarity));
    }
  return charts;
}

/// Bins of a round width, about twenty of them.
std::vector<double> bin_edges(const Range& range) {
  constexpr int kBins = 20;
  const double width = range.low < range.high ? round_step(range, kBins) : 1;
  const double first = std::floor(range.low / width);
  const auto bins = static_cast<int>(std::max(1.0, std::ceil(range.high / width) - first));
  std::vector<double> edges;
  for (int i = 0; i <= bins; ++i) edges.push_back((first + i) * width);
  return edges;
}

/// The share of the pairs in each bin, in per cent.
std::vector<Point> share_by_bin(const std::vector<Point>& pairs, const std::vector<double>& edges) {
  std::vector<Point> shares;
  for (size_t bin = 0; bin + 1 < edges.size(); ++bin)
    shares.push_back({(edges[bin] + edges[bin + 1]) / 2, 0});
  for (const Point& pair : pairs) {
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, pair.y) - edges.begin() - 1;
    shares[static_cast<size_t>(above)].y += 100 / static_cast<double>(pairs.size());
  }
  return shares;
}

bool is_before(const RunPredictions& predictions) { return predictions.moment == "before training"; }

std::string histograms(std::span<const RunRecord> runs, const Ranges& ranges) {
  std::string charts;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::map<std::pair<std::string, std::string>, std::vector<Series>> moments;  // by task and similarity
    for (const RunPredictions& one : runs[i].predictions)
      moments[{one.task, one.similarity}].push_back(
          {one.moment, is_before(one) ? kBeforeColour : kAfterColour,
           share_by_bin(one.pairs, bin_edges(ranges.at(one.similarity))), /*markers=*/false});
    for (const auto& [measured, series] : moments) {
      const auto& [task, similarity] = measured;
      charts += bar_chart({prefix(runs, i) + task, similarity, "% of the pairs"},
                          bin_edges(ranges.at(similarity)), series);
    }
  }
  return charts;
}

}  // namespace

std::string prediction_sections(std::span<const RunRecord> runs) {
  const Ranges ranges = find_ranges(runs);
  return charts_section("Predicted similarity and label",
                        "A dot is a pair, the line the mean of pairs with about the same label.",
                        scatter_charts(runs, ranges)) +
         charts_section("Spread of the predicted similarities",
                        fmt::format("{} &nbsp; {}", key_of(kBeforeColour, "before training"),
                                    key_of(kAfterColour, "at the best step, or after training")),
                        histograms(runs, ranges));
}

}  // namespace angle
