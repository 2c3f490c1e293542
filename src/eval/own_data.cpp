#include "angle/eval/own_data.h"

#include <algorithm>
#include <utility>

#include "angle/error.h"
#include "angle/eval/retrieval_metrics.h"
#include "angle/io/file.h"
#include "angle/suggest.h"

#include "eval/paired_difference.h"
#include "eval/table.h"

namespace angle {

using nlohmann::json;

namespace {

namespace fs = std::filesystem;

constexpr const char* kUsualSplit = "test";  // of retrieval

/// Of `retrieval:`, whose path is a directory or its `qrels/SPLIT.tsv`.
OwnDataTask retrieval_task(const fs::path& path, const std::string& name) {
  fs::path file = path.filename();
  if (file.extension() == ".gz") file = file.stem();
  const fs::path qrels = path.parent_path();
  if (file.extension() != ".tsv" || qrels.filename() != "qrels")
    return {OwnDataKind::retrieval, path, name, kUsualSplit};
  return {OwnDataKind::retrieval, directory_of(qrels), name, file.stem().string()};
}

std::string number(const NamedScore& score) {
  return score.is_threshold ? fmt::format("{:.4f}", score.value) : fmt::format("{:.2f}", 100.0 * score.value);
}

/// `[80.12 83.75]`; `n/a` where too many resamples have no score.
std::string interval(const NamedScore& score) {
  if (score.is_threshold) return "";
  const auto bounds = confidence_interval(score.resampled);
  return bounds ? fmt::format("[{:.2f} {:.2f}]", 100.0 * bounds->low, 100.0 * bounds->high) : "n/a";
}

/// Whether a score of these was resampled in vain.
bool any_without_interval(std::span<const OwnDataResult> results, std::span<const Metric> metrics) {
  return std::any_of(results.begin(), results.end(), [&](const OwnDataResult& result) {
    return std::any_of(result.scores.begin(), result.scores.end(), [&](const NamedScore& score) {
      return is_of(score, metrics) && !score.is_threshold && !score.resampled.empty() &&
             !confidence_interval(score.resampled);
    });
  });
}

std::string score_table(std::span<const OwnDataResult> results, std::span<const Metric> metrics,
                        bool with_intervals) {
  std::vector<Cells> rows{{"task", "split", "metric", "score", "95 % interval"}};
  for (const OwnDataResult& result : results) {
    std::string name = result.task.name, split = result.task.split;  // in its first row only
    for (const NamedScore& score : result.scores) {
      if (!is_of(score, metrics)) continue;
      rows.push_back(
          {std::exchange(name, ""), std::exchange(split, ""), score.name, number(score), interval(score)});
    }
  }
  if (!with_intervals)
    for (Cells& row : rows) row.pop_back();
  const bool no_splits = remove_empty_column(rows, 1);
  return format_table(rows, no_splits ? 2 : 3);
}

json intervals_json(const OwnDataResult& result) {
  json intervals = json::object();
  for (const NamedScore& score : result.scores) {
    if (score.is_threshold) continue;
    intervals[score.name] = interval_json(confidence_interval(score.resampled));
  }
  return intervals;
}

}  // namespace

std::optional<OwnDataTask> parse_own_data_task(const std::string& name, const std::string& where) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string kind = name.substr(0, colon);
  const std::string path = name.substr(colon + 1);
  std::vector<std::string> kinds;
  for (const auto& [candidate, candidate_name] : json_names(OwnDataKind{})) {
    kinds.emplace_back(candidate_name);
    if (kind != candidate_name) continue;
    if (path.empty()) fail("{} {}: no path behind the colon", where, name);
    return candidate == OwnDataKind::retrieval ? retrieval_task(path, name)
                                               : OwnDataTask{candidate, path, name};
  }
  fail("{} {}: unknown kind of task{} (kinds: {})", where, name, suggestion(kind, kinds),
       fmt::join(kinds, ", "));
}

std::vector<std::string> own_data_metrics(OwnDataKind kind) {
  std::vector<std::string> names;
  switch (kind) {
    case OwnDataKind::pairs:
      for (const Similarity similarity : kSimilarities)
        for (const char* score : {"average_precision", "f1", "precision", "recall", "accuracy"})
          names.push_back(to_string(similarity) + "_" + score);
      return names;
    case OwnDataKind::retrieval:
      names = {"ndcg@10", "mrr@10", "map@100"};
      for (const int64_t cutoff : kRecallCutoffs) names.push_back(fmt::format("recall@{}", cutoff));
      return names;
    case OwnDataKind::classify:
      return {"logistic_regression_accuracy", "logistic_regression_macro_f1", "knn_accuracy", "knn_macro_f1"};
    case OwnDataKind::cluster:
      return {"v_measure", "homogeneity", "completeness"};
  }
  return names;
}

std::optional<double> OwnDataResult::value(std::string_view score) const {
  const auto found = std::find_if(scores.begin(), scores.end(),
                                  [&](const NamedScore& candidate) { return candidate.name == score; });
  return found == scores.end() ? std::nullopt : std::optional(found->value);
}

bool is_of(const NamedScore& score, std::span<const Metric> metrics) {
  return !score.similarity || std::any_of(metrics.begin(), metrics.end(), [&](const Metric& metric) {
    return metric.similarity == *score.similarity;
  });
}

std::string format_own_data(std::span<const OwnDataResult> results, std::span<const Metric> metrics,
                            const BootstrapOptions& bootstrap) {
  std::string text = score_table(results, metrics, bootstrap.resamples > 0);
  text += "\nscores x 100, thresholds as they are\n";
  if (bootstrap.resamples > 0)
    text += fmt::format(
        "intervals: 95 %, percentiles of {} bootstrap resamples of the pairs, queries or "
        "scored texts, seed {}\n",
        bootstrap.resamples, bootstrap.seed);
  if (any_without_interval(results, metrics)) text += fmt::format("n/a: {}\n", kWhyNoIntervalOfScore);
  for (const OwnDataResult& result : results) text += fmt::format("{}: {}\n", result.task.name, result.about);
  return text;
}

json own_data_json(std::span<const OwnDataResult> results, const BootstrapOptions& bootstrap) {
  json list = json::array();
  for (const OwnDataResult& result : results) {
    json scores = json::object();
    for (const NamedScore& score : result.scores) scores[score.name] = score.value;
    list.push_back({{"task", result.task.name},
                    {"kind", result.task.kind},
                    {"path", result.task.path.string()},
                    {"split", result.task.split.empty() ? json() : json(result.task.split)},
                    {"about", result.about},
                    {"scores", scores}});
    if (bootstrap.resamples == 0) continue;
    list.back()["intervals"] = intervals_json(result);
    list.back()["bootstrap"] = bootstrap_json(bootstrap);
  }
  return list;
}

}  // namespace angle
