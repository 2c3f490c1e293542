#include "angle/eval/own_data_resamples.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "angle/eval/binary_classification.h"
#include "angle/eval/contingency.h"
#include "angle/eval/v_measure.h"

namespace angle {
namespace {

/// Scores that are made together, by name.
struct ScoreGroup {
  std::vector<std::string> names;
  ResampleScorer score;  // gives them in this order
};
using ScoreGroups = std::vector<ScoreGroup>;

/// By one similarity, or by a baseline, which has no thresholds. Precision and recall are those at the
/// threshold of F1; a resample without a positive pair has no F1 and no recall.
void add_groups_of_pairs(ScoreGroups& groups, const std::string& similarity,
                         const std::vector<double>& scores, const ScoredItems& items) {
  groups.push_back({{similarity + "_average_precision"},
                    [precision = ResampledPrecision(scores, items.labels)](const ResampleCounts& counts) {
                      return std::vector{precision(counts)};
                    }});
  if (const auto f1 = items.thresholds.find(similarity + "_f1"); f1 != items.thresholds.end())
    groups.push_back({{similarity + "_f1", similarity + "_precision", similarity + "_recall"},
                      [&scores, &items, threshold = f1->second](const ResampleCounts& counts) {
                        const Confusion confusion = confusion_at(threshold, scores, items.labels, counts);
                        const bool has_positives = confusion.true_positives + confusion.false_negatives > 0;
                        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
                        return std::vector{has_positives ? confusion.f1() : kNone, confusion.precision(),
                                           has_positives ? confusion.recall() : kNone};
                      }});
  if (const auto accuracy = items.thresholds.find(similarity + "_accuracy");
      accuracy != items.thresholds.end())
    groups.push_back({{similarity + "_accuracy"},
                      [&scores, &items, threshold = accuracy->second](const ResampleCounts& counts) {
                        return std::vector{confusion_at(threshold, scores, items.labels, counts).accuracy()};
                      }});
}

/// The mean over queries.
ScoreGroup group_of_queries(const std::string& metric, const std::vector<double>& scores) {
  return {{metric}, [&scores](const ResampleCounts& counts) {
            double mean = 0.0;
            for (size_t i = 0; i < scores.size(); ++i)
              mean += counts[i] / static_cast<double>(scores.size()) * scores[i];
            return std::vector{mean};
          }};
}

/// The texts by their class and what they were taken for.
Contingency contingency_of(const ScoredItems& items, const std::vector<double>& taken_for) {
  return {std::vector<int64_t>(items.labels.begin(), items.labels.end()),
          std::vector<int64_t>(taken_for.begin(), taken_for.end())};
}

/// By one probe, or by a baseline.
void add_groups_of_classes(ScoreGroups& groups, const std::string& probe, const Contingency& table) {
  const auto add = [&](const char* name, double (*score)(const ContingencyCells&)) {
    groups.push_back({{probe + name}, [table, score](const ResampleCounts& counts) {
                        return std::vector{score(table.resampled(counts))};
                      }});
  };
  add("_accuracy", accuracy);
  add("_macro_f1", macro_f1);
}

ScoreGroup group_of_clusters(const Contingency& table) {
  return {{"v_measure", "homogeneity", "completeness"}, [table](const ResampleCounts& counts) {
            const VMeasure score = v_measure(table.resampled(counts));
            return std::vector{score.v, score.homogeneity, score.completeness};
          }};
}

/// All scores that can be made of the items, which the groups refer to.
ScoreGroups score_groups(OwnDataKind kind, const ScoredItems& items) {
  ScoreGroups groups;
  for (const auto& [name, values] : items.values) {
    switch (kind) {
      case OwnDataKind::pairs:
        add_groups_of_pairs(groups, name, values, items);
        break;
      case OwnDataKind::retrieval:
        groups.push_back(group_of_queries(name, values));
        break;
      case OwnDataKind::classify:
        add_groups_of_classes(groups, name, contingency_of(items, values));
        break;
      case OwnDataKind::cluster:
        groups.push_back(group_of_clusters(contingency_of(items, values)));
        break;
    }
  }
  return groups;
}

/// How many items (pairs, queries, texts) the scores are of.
int64_t count_items(const ScoredItems& items) {
  return static_cast<int64_t>(items.values.begin()->second.size());
}

}  // namespace

std::vector<double> resample_own_data(OwnDataKind kind, const std::string& metric, const ScoredItems& items,
                                      const BootstrapOptions& options) {
  for (const ScoreGroup& group : score_groups(kind, items)) {
    const auto name = std::find(group.names.begin(), group.names.end(), metric);
    if (name == group.names.end()) continue;
    std::vector<std::vector<double>> resampled = resample_scores(count_items(items), group.score, options);
    if (resampled.empty()) break;
    return std::move(resampled[static_cast<size_t>(name - group.names.begin())]);
  }
  return {};
}

void bootstrap_scores(OwnDataResult& result, const BootstrapOptions& options) {
  const ScoreGroups groups = score_groups(result.task.kind, result.items);
  if (groups.empty()) return;
  const ResampleScorer all_scores = [&](const ResampleCounts& counts) {  // so that items are drawn once
    std::vector<double> scores;
    for (const ScoreGroup& group : groups)
      for (const double score : group.score(counts)) scores.push_back(score);
    return scores;
  };
  std::vector<std::vector<double>> resampled =
      resample_scores(count_items(result.items), all_scores, options);
  if (resampled.empty()) return;
  auto next = resampled.begin();
  for (const ScoreGroup& group : groups) {
    for (const std::string& name : group.names) {
      const auto score = std::find_if(result.scores.begin(), result.scores.end(),
                                      [&](const NamedScore& candidate) { return candidate.name == name; });
      if (score != result.scores.end()) score->resampled = std::move(*next);
      ++next;
    }
  }
}

}  // namespace angle
