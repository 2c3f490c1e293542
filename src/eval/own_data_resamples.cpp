#include "angle/eval/own_data_resamples.h"

#include <functional>
#include <utility>

#include "angle/eval/binary_classification.h"
#include "angle/eval/contingency.h"
#include "angle/eval/v_measure.h"

namespace angle {
namespace {

/// The score of a resample; empty when what it is made of was not kept.
using ItemScorer = std::function<double(const ResampleCounts&)>;

using PairMeasure = double (Confusion::*)() const;

PairMeasure pair_measure(const std::string& score) {
  if (score == "f1") return &Confusion::f1;
  if (score == "precision") return &Confusion::precision;
  if (score == "recall") return &Confusion::recall;
  return &Confusion::accuracy;
}

/// Of `cosine_f1`. Precision and recall are those at the threshold of F1.
ItemScorer scorer_of_pairs(const std::string& metric, const ScoredItems& items) {
  const std::string similarity = metric.substr(0, metric.find('_'));
  const std::string score = metric.substr(similarity.size() + 1);
  const auto scores = items.values.find(similarity);
  if (scores == items.values.end()) return {};
  if (score == "average_precision") return ResampledPrecision(scores->second, items.labels);
  const auto threshold = items.thresholds.find(similarity + (score == "accuracy" ? "_accuracy" : "_f1"));
  if (threshold == items.thresholds.end()) return {};
  return [&items, &values = scores->second, at = threshold->second,
          measure = pair_measure(score)](const ResampleCounts& counts) {
    return (confusion_at(at, values, items.labels, counts).*measure)();
  };
}

/// The mean over queries.
ItemScorer scorer_of_queries(const std::string& metric, const ScoredItems& items) {
  const auto scores = items.values.find(metric);
  if (scores == items.values.end()) return {};
  return [&values = scores->second](const ResampleCounts& counts) {
    double mean = 0.0;
    for (size_t i = 0; i < values.size(); ++i)
      mean += counts[i] / static_cast<double>(values.size()) * values[i];
    return mean;
  };
}

/// @param taken_for  what texts were classified by, or clustered: `knn`
ItemScorer scorer_of_texts(const std::string& taken_for, const ScoredItems& items,
                           double (*score)(const ContingencyCells&)) {
  const auto found = items.values.find(taken_for);
  if (found == items.values.end()) return {};
  const std::vector<int64_t> labels(items.labels.begin(), items.labels.end());
  const std::vector<int64_t> others(found->second.begin(), found->second.end());
  return [table = Contingency(labels, others), score](const ResampleCounts& counts) {
    return score(table.resampled(counts));
  };
}

/// Of `knn_macro_f1`.
ItemScorer scorer_of_classes(const std::string& metric, const ScoredItems& items) {
  const std::string f1 = "_macro_f1", share = "_accuracy";
  if (metric.ends_with(f1))
    return scorer_of_texts(metric.substr(0, metric.size() - f1.size()), items, macro_f1);
  return scorer_of_texts(metric.substr(0, metric.size() - share.size()), items, accuracy);
}

ItemScorer scorer_of_clusters(const std::string& metric, const ScoredItems& items) {
  double (*score)(const ContingencyCells&) = [](const ContingencyCells& cells) { return v_measure(cells).v; };
  if (metric == "homogeneity")
    score = [](const ContingencyCells& cells) { return v_measure(cells).homogeneity; };
  if (metric == "completeness")
    score = [](const ContingencyCells& cells) { return v_measure(cells).completeness; };
  return scorer_of_texts(kClusterItems, items, score);
}

ItemScorer scorer_of(OwnDataKind kind, const std::string& metric, const ScoredItems& items) {
  switch (kind) {
    case OwnDataKind::pairs:
      return scorer_of_pairs(metric, items);
    case OwnDataKind::retrieval:
      return scorer_of_queries(metric, items);
    case OwnDataKind::classify:
      return scorer_of_classes(metric, items);
    case OwnDataKind::cluster:
      return scorer_of_clusters(metric, items);
  }
  return {};
}

}  // namespace

std::vector<double> resample_own_data(OwnDataKind kind, const std::string& metric, const ScoredItems& items,
                                      const BootstrapOptions& options) {
  const ItemScorer score = scorer_of(kind, metric, items);
  if (!score || options.resamples == 0) return {};
  const auto number = static_cast<int64_t>(items.values.begin()->second.size());
  const ResampleScorer scores = [&](const ResampleCounts& counts) { return std::vector{score(counts)}; };
  return std::move(resample_scores(number, scores, options).front());
}

}  // namespace angle
