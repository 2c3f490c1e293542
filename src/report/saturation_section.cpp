#include "report/saturation_section.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "report/html_parts.h"
#include "report/svg_chart.h"

namespace angle {
namespace {

using nlohmann::json;

/// A number of each bin of a saturation record; NaN, which charts leave out, where it is null.
template <class Value>
std::vector<Point> by_bin(const json& record, const Value& value) {
  std::vector<Point> points;
  for (const json& bin : record.at("bins")) {
    const json number = value(bin);
    points.push_back({(bin.at("above").get<double>() + bin.at("to").get<double>()) / 2,
                      number.is_number() ? number.get<double>() : std::numeric_limits<double>::quiet_NaN()});
  }
  return points;
}

std::vector<double> bin_edges(const json& record) {
  std::vector<double> edges = {record.at("bins").front().at("above").get<double>()};
  for (const json& bin : record.at("bins")) edges.push_back(bin.at("to").get<double>());
  return edges;
}

Series share_of_pairs(const json& record, int colour) {
  const double pairs = std::max(1.0, record.at("pairs").get<double>());
  Series series{fmt::format("step {}", record.at("step").get<int64_t>()), colour, {}, false};
  series.points = by_bin(record, [](const json& bin) { return bin.at("pairs"); });
  for (Point& point : series.points) point.y *= 100 / pairs;
  return series;
}

std::string gradient_chart(const std::string& title, const json& record, const char* kind,
                           const std::vector<std::pair<const char*, int>>& terms) {
  std::vector<Series> series;
  for (const auto& [term, colour] : terms)
    series.push_back(
        {term, colour,
         by_bin(record, [kind, name = term](const json& bin) { return bin.at(kind).value(name, json()); }),
         /*markers=*/true});
  return line_chart({title, "cosine of the pair", ""}, series, /*logarithmic=*/true);
}

/// The pairs of the first and of the last batch that was logged; "" for a run whose predictions tell of more
/// pairs.
std::string batch_histogram(const RunRecord& run) {
  if (!run.predictions.empty()) return "";
  const json& first = run.saturation.front();
  const json& last = run.saturation.back();
  return bar_chart({fmt::format("pairs of the batches of steps {} and {}", first.at("step").get<int64_t>(),
                                last.at("step").get<int64_t>()),
                    "cosine of the pair", "%"},
                   bin_edges(first),
                   {share_of_pairs(first, kBeforeColour), share_of_pairs(last, kAfterColour)});
}

}  // namespace

std::string saturation_section(const RunRecord& run) {
  if (run.saturation.empty()) return "";
  const json& last = run.saturation.back();
  const std::string batches = batch_histogram(run);
  std::string keys;
  for (const auto& [colour, name] : {std::pair(0, "cosine"), {1, "angle"}, {2, "in-batch"}})
    keys += "<li>" + key_of(colour, name) + "</li>";
  if (!batches.empty())
    keys += "<li>" + key_of(kBeforeColour, "pairs, first step") + "</li><li>" +
            key_of(kAfterColour, "pairs, last step") + "</li>";
  std::string html = "<h2>Where the gradient goes: " + escape_html(run.name) + "</h2>\n<ul class=\"names\">" +
                     keys + "</ul>\n<div class=\"charts\">\n" + batches;
  const std::string step = fmt::format(", step {}", last.at("step").get<int64_t>());
  html += gradient_chart("length of the objectives' gradients" + step, last, "objective_gradient",
                         {{"cosine", 0}, {"angle", 1}, {"in_batch", 2}});
  html += gradient_chart("length of the similarities' gradients" + step, last, "similarity_gradient",
                         {{"cosine", 0}, {"angle", 1}});
  return html + "</div>\n";
}

}  // namespace angle
