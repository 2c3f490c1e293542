#include <algorithm>

#include "angle/error.h"
#include "angle/eval/baselines.h"
#include "angle/eval/binary_classification.h"
#include "angle/eval/sts.h"

#include "eval/own_data_tasks.h"

namespace angle {
namespace {

struct ScoredLabels {
  StsScores scores;
  std::vector<double> labels;
};

ScoredLabels score_binary_pairs(const std::vector<ScoredPair>& pairs, Embedder& embedder,
                                const OwnDataOptions& options) {
  return {evaluate_pairs(embedder, pairs, options.angle, options.progress), labels_of(pairs)};
}

void add_pair_scores(OwnDataResult& result, Similarity similarity, const ScoredLabels& chosen_on,
                     const ScoredLabels& scored) {
  const auto& scores = scored.scores.similarities[static_cast<size_t>(similarity)];
  const auto& chosen_scores = chosen_on.scores.similarities[static_cast<size_t>(similarity)];
  if (scores.empty() || chosen_scores.empty()) return;  // the angle of an odd number of dims
  const auto average = average_precision(scores, scored.labels);
  const auto thresholds = best_thresholds(chosen_scores, chosen_on.labels);
  if (!average || !thresholds) fail("{}: an embedding is not finite", result.task.name);
  const std::string name = to_string(similarity);
  result.items.values[name] = scores;
  result.items.thresholds[name + "_f1"] = thresholds->f1;
  result.items.thresholds[name + "_accuracy"] = thresholds->accuracy;
  const Confusion by_f1 = confusion_at(thresholds->f1, scores, scored.labels);
  const Confusion by_accuracy = confusion_at(thresholds->accuracy, scores, scored.labels);
  const auto add = [&](const std::string& what, double value, bool is_threshold = false) {
    result.scores.push_back({name + what, value, is_threshold, similarity});
  };
  add("_average_precision", *average);
  add("_f1", by_f1.f1());
  add("_precision", by_f1.precision());
  add("_recall", by_f1.recall());
  add("_f1_threshold", thresholds->f1, /*is_threshold=*/true);
  add("_accuracy", by_accuracy.accuracy());
  add("_accuracy_threshold", thresholds->accuracy, /*is_threshold=*/true);
}

/// What needs no model; without thresholds.
void add_baseline(OwnDataResult& result, const std::string& name, const std::vector<double>& scores,
                  const std::vector<double>& labels) {
  const auto average = average_precision(scores, labels);
  if (!average) return;
  result.scores.push_back({.name = name + "_average_precision", .value = *average, .is_baseline = true});
  result.items.values[name] = scores;
}

}  // namespace

OwnDataResult evaluate_pair_classification(const OwnDataTask& task, const BinaryPairs& pairs, Model& model,
                                           const OwnDataOptions& options) {
  Embedder embedder(model, options.embed);
  embedder.stop_when(options.stop);
  const bool same_pairs = pairs.chosen_on.empty();
  const ScoredLabels scored = score_binary_pairs(pairs.test, embedder, options);
  const ScoredLabels chosen = same_pairs ? scored : score_binary_pairs(pairs.chosen_on, embedder, options);
  OwnDataResult result{task, {}, {}};
  result.items.labels = scored.labels;
  for (const Similarity similarity : kSimilarities) add_pair_scores(result, similarity, chosen, scored);
  if (options.baselines) {
    add_baseline(result, "word_overlap", word_overlap(pairs.test), scored.labels);
    add_baseline(result, "tf_idf", tf_idf_cosine(pairs.test), scored.labels);
  }
  const auto positives = std::count(scored.labels.begin(), scored.labels.end(), 1.0);
  result.about =
      fmt::format("{} pairs, {} positive; thresholds chosen on {}{}", scored.labels.size(), positives,
                  same_pairs ? "the same pairs, so F1 and accuracy are better than on others"
                             : pairs.chosen_on_file.string(),
                  cut_remark(embedder.statistics()));
  result.statistics = embedder.statistics();
  return result;
}

}  // namespace angle
