#include <algorithm>
#include <map>

#include "angle/error.h"
#include "angle/eval/k_means.h"
#include "angle/eval/labelled_texts.h"
#include "angle/eval/probes.h"
#include "angle/eval/v_measure.h"

#include "eval/embed_in_parts.h"
#include "eval/own_data_tasks.h"

namespace angle {
namespace {

/// What always guessing the most frequent class of the training texts gives.
double majority_accuracy(const LabelledTexts& train, const LabelledTexts& test) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t label : train.labels) ++counts[label];
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                      return a.second < b.second;
                    })->first;
  return accuracy(std::vector<int64_t>(test.labels.size(), most), test.labels);
}

/// The column of ids, taken for the classes, would cost hours and gigabytes.
void require_repeated_labels(const LabelledTexts& data, const std::filesystem::path& file) {
  const auto classes = static_cast<int64_t>(data.classes.size());
  if (classes == data.size())
    fail("{}: every text has a label of its own; is `label` the column of classes?", file.string());
  if (2 * classes > data.size())
    fail("{}: {} labels for {} texts; is `label` the column of classes?", file.string(), classes,
         data.size());
}

}  // namespace

OwnDataResult evaluate_probes(const OwnDataTask& task, Model& model, const OwnDataOptions& options) {
  constexpr int64_t kNeighbours = 10;
  const LabelledTexts train = read_labelled_texts(split_file(task.path, "train"), options.columns);
  const LabelledTexts test =
      read_labelled_texts(split_file(task.path, "test"), options.columns, train.classes);
  const auto classes = static_cast<int64_t>(train.classes.size());
  if (classes < 2) fail("{}: all training texts have the same label", task.path.string());
  require_repeated_labels(train, task.path);

  Embedder embedder(model, options.embed);
  const LabelledVectors training{embed_in_parts(embedder, train.texts, options.progress), train.labels};
  const Tensor vectors = embed_in_parts(embedder, test.texts, options.progress);
  require_finite(training.vectors, task);
  require_finite(vectors, task);
  const auto by_neighbours = classify_by_neighbours(training, vectors, kNeighbours);
  const auto by_regression = fit_logistic_regression(training, classes).classify(vectors);

  const auto unknown = static_cast<int64_t>(test.classes.size()) - classes;
  return {task,
          {{"knn_accuracy", accuracy(by_neighbours, test.labels)},
           {"knn_macro_f1", macro_f1(by_neighbours, test.labels)},
           {"logistic_regression_accuracy", accuracy(by_regression, test.labels)},
           {"logistic_regression_macro_f1", macro_f1(by_regression, test.labels)},
           {"majority_accuracy", majority_accuracy(train, test)}},
          fmt::format("{} training and {} test texts, {} classes{}; {} neighbours by cosine; logistic "
                      "regression with c = 1{}",
                      train.size(), test.size(), classes,
                      unknown > 0 ? fmt::format(" and {} that only the test has", unknown) : "", kNeighbours,
                      cut_remark(embedder.statistics()))};
}

OwnDataResult evaluate_clustering(const OwnDataTask& task, Model& model, const OwnDataOptions& options) {
  const LabelledTexts data = read_labelled_texts(task.path, options.columns);
  const auto classes = static_cast<int64_t>(data.classes.size());
  if (classes < 2) fail("{}: all texts have the same label", task.path.string());
  require_repeated_labels(data, task.path);
  Embedder embedder(model, options.embed);
  const Tensor vectors = embed_in_parts(embedder, data.texts, options.progress);
  require_finite(vectors, task);
  const KMeansOptions k_means_options{.seed = options.seed};
  const VMeasure score = v_measure(data.labels, k_means(vectors, classes, k_means_options).cluster);
  return {task,
          {{"v_measure", score.v}, {"homogeneity", score.homogeneity}, {"completeness", score.completeness}},
          fmt::format("{} texts, {} classes and clusters; k-means++, the best of {} starts, seed {}{}",
                      data.size(), classes, k_means_options.restarts, options.seed,
                      cut_remark(embedder.statistics()))};
}

}  // namespace angle
