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

/// What texts were taken for, as it is kept among their items.
std::vector<double> as_values(const std::vector<int64_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

/// The scores of a probe, and what it took each text for.
void add_probe(OwnDataResult& result, const std::string& probe, const std::vector<int64_t>& predicted,
               const std::vector<int64_t>& labels) {
  const Contingency table(labels, predicted);
  result.scores.push_back({probe + "_accuracy", accuracy(table.cells())});
  result.scores.push_back({probe + "_macro_f1", macro_f1(table.cells())});
  result.items.values[probe] = as_values(predicted);
}

void add_majority(OwnDataResult& result, const std::vector<int64_t>& predicted,
                  const std::vector<int64_t>& labels) {
  const Contingency table(labels, predicted);
  result.scores.push_back(
      {.name = "majority_accuracy", .value = accuracy(table.cells()), .is_baseline = true});
  result.items.values["majority"] = as_values(predicted);
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

  const auto unknown = static_cast<int64_t>(test.classes.size()) - classes;
  OwnDataResult result{task,
                       {},
                       fmt::format("{} training and {} test texts, {} classes{}; {} neighbours by cosine; "
                                   "logistic regression with c = 1{}",
                                   train.size(), test.size(), classes,
                                   unknown > 0 ? fmt::format(" and {} that only the test has", unknown) : "",
                                   kNeighbours, cut_remark(embedder.statistics())),
                       embedder.statistics()};
  result.items.labels = as_values(test.labels);
  add_probe(result, "knn", neighbours, test.labels);
  add_probe(result, "logistic_regression", regression, test.labels);
  if (options.baselines) add_majority(result, guess_majority(train, test), test.labels);
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
  const VMeasure score = v_measure(Contingency(data.labels, clusters).cells());
  result.scores = {
      {"v_measure", score.v}, {"homogeneity", score.homogeneity}, {"completeness", score.completeness}};
  result.items = {as_values(data.labels), {{"cluster", as_values(clusters)}}, {}};
  return result;
}

}  // namespace angle
