#include "angle/eval/metric.h"

#include "angle/error.h"
#include "angle/suggest.h"

namespace angle {

std::string to_string(Similarity similarity) {
  switch (similarity) {
    case Similarity::cosine:
      return "cosine";
    case Similarity::dot:
      return "dot";
    case Similarity::euclidean:
      return "euclidean";
    case Similarity::manhattan:
      return "manhattan";
    case Similarity::angle:
      return "angle";
  }
  return {};
}

std::string to_string(Statistic statistic) {
  return statistic == Statistic::pearson ? "pearson" : "spearman";
}

std::string to_string(const Metric& metric) {
  return to_string(metric.similarity) + "_" + to_string(metric.statistic);
}

std::vector<Metric> all_metrics() {
  std::vector<Metric> metrics;
  for (const Similarity similarity : kSimilarities) {
    for (const Statistic statistic : {Statistic::pearson, Statistic::spearman})
      metrics.push_back({similarity, statistic});
  }
  return metrics;
}

std::optional<Metric> find_metric(std::string_view name) {
  for (const Metric& metric : all_metrics())
    if (to_string(metric) == name) return metric;
  return std::nullopt;
}

Metric parse_metric(std::string_view name, const std::string& where) {
  if (const auto metric = find_metric(name)) return *metric;
  std::vector<std::string> names;
  for (const Metric& metric : all_metrics()) names.push_back(to_string(metric));
  fail("{} {}: unknown metric{} (metrics: {})", where, name, suggestion(name, names), fmt::join(names, ", "));
}

}  // namespace angle
