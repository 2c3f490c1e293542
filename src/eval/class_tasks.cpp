#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include <spdlog/fmt/fmt.h>

#include "angle/eval/contingency.h"
#include "angle/eval/k_means.h"
#include "angle/eval/probes.h"
#include "angle/eval/v_measure.h"

#include "eval/embed_in_parts.h"
#include "eval/own_data_tasks.h"

namespace angle {
namespace {

/// The most frequent class of the training texts for each of the test.
std::vector<int64_t> guess_majority(const LabelledTexts& train, const LabelledTexts& test) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t label : train.labels) ++counts[label];
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                      return a.second < b.second;
                    })->first;
  std::vector<int64_t> predicted(test.labels.size(), most);
  return predicted;
}

/// A score of what was classified, and its bootstrap over the texts. Probes stay as they were trained.
void add_score(OwnDataResult& result, const std::string& name, const Contingency& classified,
               double (*score)(const ContingencyCells&), const OwnDataOptions& options) {
  result.scores.push_back({name, score(classified.cells())});
  const ResampleScorer resampled = [&](const ResampleCounts& counts) {
    return std::vector{score(classified.resampled(counts))};
  };
  bootstrap_last(result, classified.items(), resampled, options.bootstrap);
}

/// What texts were taken for, as it is kept among their items.
std::vector<double> as_values(const std::vector<int64_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

/// V-measure and its parts, and their bootstrap over the texts. Clusters stay as they were found.
void add_v_measure(OwnDataResult& result, const Contingency& clustered, const OwnDataOptions& options) {
  const VMeasure score = v_measure(clustered.cells());
  result.scores = {
      {"v_measure", score.v}, {"homogeneity", score.homogeneity}, {"completeness", score.completeness}};
  const ResampleScorer resampled = [&](const ResampleCounts& counts) -> std::vector<double> {
    const VMeasure of_resample = v_measure(clustered.resampled(counts));
    return {of_resample.v, of_resample.homogeneity, of_resample.completeness};
  };
  bootstrap_last(result, clustered.items(), resampled, options.bootstrap);
}

/// That k-means can't have a cluster for each class of its own; empty when it can.
std::string few_texts_remark(const LabelledTexts& data) {
  const std::unordered_set<std::string_view> different(data.texts.begin(), data.texts.end());
  if (different.size() >= data.classes.size()) return {};
  return fmt::format("; different texts: {}, so some clusters hold the same", different.size());
}

}  // namespace

OwnDataResult evaluate_probes(const OwnDataTask& task, const ProbeTexts& texts, Model& model,
                              const OwnDataOptions& options) {
  constexpr int64_t kNeighbours = 10;
  const auto& [train, test] = texts;
  const auto classes = static_cast<int64_t>(train.classes.size());

  Embedder embedder(model, options.embed);
  embedder.stop_when(options.stop);
  const LabelledVectors training{embed_in_parts(embedder, train.texts, options.progress), train.labels};
  const Tensor vectors = embed_in_parts(embedder, test.texts, options.progress);
  require_finite(training.vectors, task);
  require_finite(vectors, task);
  const std::vector<int64_t> neighbours = classify_by_neighbours(training, vectors, kNeighbours);
  const std::vector<int64_t> regression = fit_logistic_regression(training, classes).classify(vectors);
  const Contingency by_neighbours(test.labels, neighbours), by_regression(test.labels, regression);

  const auto unknown = static_cast<int64_t>(test.classes.size()) - classes;
  OwnDataResult result{task,
                       {},
                       fmt::format("{} training and {} test texts, {} classes{}; {} neighbours by cosine; "
                                   "logistic regression with c = 1{}",
                                   train.size(), test.size(), classes,
                                   unknown > 0 ? fmt::format(" and {} that only the test has", unknown) : "",
                                   kNeighbours, cut_remark(embedder.statistics())),
                       embedder.statistics()};
  result.items = {as_values(test.labels),
                  {{"knn", as_values(neighbours)}, {"logistic_regression", as_values(regression)}},
                  {}};
  add_score(result, "knn_accuracy", by_neighbours, accuracy, options);
  add_score(result, "knn_macro_f1", by_neighbours, macro_f1, options);
  add_score(result, "logistic_regression_accuracy", by_regression, accuracy, options);
  add_score(result, "logistic_regression_macro_f1", by_regression, macro_f1, options);
  if (!options.baselines) return result;
  const Contingency by_majority(test.labels, guess_majority(train, test));
  add_score(result, "majority_accuracy", by_majority, accuracy, options);
  result.scores.back().is_baseline = true;
  return result;
}

OwnDataResult evaluate_clustering(const OwnDataTask& task, const LabelledTexts& data, Model& model,
                                  const OwnDataOptions& options) {
  const auto classes = static_cast<int64_t>(data.classes.size());
  Embedder embedder(model, options.embed);
  embedder.stop_when(options.stop);
  const Tensor vectors = embed_in_parts(embedder, data.texts, options.progress);
  require_finite(vectors, task);
  const KMeansOptions k_means_options{.seed = options.bootstrap.seed};
  OwnDataResult result{task,
                       {},
                       fmt::format("{} texts, {} classes and clusters; k-means++, the best of {} starts, "
                                   "seed {}{}{}",
                                   data.size(), classes, k_means_options.restarts, k_means_options.seed,
                                   few_texts_remark(data), cut_remark(embedder.statistics())),
                       embedder.statistics()};
  const std::vector<int64_t> clusters = k_means(vectors, classes, k_means_options).cluster;
  add_v_measure(result, Contingency(data.labels, clusters), options);
  result.items = {as_values(data.labels), {{kClusterItems, as_values(clusters)}}, {}};
  return result;
}

}  // namespace angle
