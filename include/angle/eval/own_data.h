// Tasks on the user's own files, beyond correlations: what the name KIND:PATH means and how results are
// shown. Knows no torch; own_data_files.h reads their files, evaluate_own_data.h computes them.
//
//     pairs:FILE       scored pairs with labels 0 and 1 (data/reader.h): average precision, F1, accuracy
//     pairs:DIR        the same for DIR/test, with the thresholds chosen on DIR/validation, else DIR/train
//     retrieval:DIR    BEIR's layout (retrieval_data.h), a split of it: nDCG@10, MRR@10, MAP@100, recall
//     retrieval:DIR/qrels/dev.tsv    the same for the split `dev`
//     classify:DIR     DIR/train and DIR/test with texts and labels (labelled_texts.h): two probes
//     cluster:FILE     texts and labels: V-measure of k-means with as many clusters as labels
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/bootstrap.h"
#include "angle/eval/metric.h"
#include "angle/json_enum.h"
#include "angle/text/statistics.h"

namespace angle {

enum class OwnDataKind { pairs, retrieval, classify, cluster };
ANGLE_JSON_ENUM(OwnDataKind, {{OwnDataKind::pairs, "pairs"},
                              {OwnDataKind::retrieval, "retrieval"},
                              {OwnDataKind::classify, "classify"},
                              {OwnDataKind::cluster, "cluster"}})

struct OwnDataTask {
  OwnDataKind kind;
  std::filesystem::path path;
  std::string name;        // as it was given, `pairs:mine.tsv`
  std::string split = {};  // of `retrieval:` the one that is scored; others have none
};

/// The task of a name with a colon; nothing for a name without. Error for an unknown kind, with the nearest,
/// and for a kind alone. Whether the path is there is not looked at. The split of `retrieval:DIR` is `test`.
///
/// @param where  what the name was given to, for the message
std::optional<OwnDataTask> parse_own_data_task(const std::string& name, const std::string& where = "--task");

/// The scores that a model can be judged by on tasks of a kind, the higher the better: the main one first.
/// Thresholds and baselines are not among them.
std::vector<std::string> own_data_metrics(OwnDataKind kind);

struct NamedScore {
  std::string name;                           // `cosine_f1`
  double value = 0.0;                         // a share in [0, 1], or a threshold
  bool is_threshold = false;                  // shown as it is; shares are shown × 100
  std::optional<Similarity> similarity = {};  // that it is of, if of one
  std::vector<double> resampled = {};         // [resamples] its bootstrap; none of thresholds
  bool is_baseline = false;                   // nothing of the model is in it
};

/// What the scores were made of, item by item: enough to make them again of other items
/// (own_data_resamples.h). Has no texts.
struct ScoredItems {
  /// [items] Of pairs 0 or 1, of texts their classes; none of queries.
  std::vector<double> labels;

  /// [items] by name: of pairs their similarity `cosine`, of queries their score `ndcg@10`, of texts the
  /// class that `knn` took them for, or their `cluster`. Baselines have theirs: `tf_idf`, `bm25_ndcg@10`.
  std::map<std::string, std::vector<double>> values;

  std::map<std::string, double> thresholds;  // of pairs: `cosine_f1`, `cosine_accuracy`
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ScoredItems, labels, values, thresholds)

struct OwnDataResult {
  OwnDataTask task;
  std::vector<NamedScore> scores;
  std::string about;               // what was scored and how, a sentence
  TextStatistics statistics = {};  // of what the model read
  ScoredItems items = {};          // that were scored

  /// The score of a name; empty when there is none, as of the angle of an odd number of dims.
  std::optional<double> value(std::string_view score) const;
};

/// Whether it is of no similarity, or of that of one of the metrics.
bool is_of(const NamedScore& score, std::span<const Metric> metrics);

/// A table with a row for each score, and what was scored below it. Ends with a line end.
///
/// @param metrics    of scores of a similarity, those that these have are shown
/// @param bootstrap  that they were resampled with
std::string format_own_data(std::span<const OwnDataResult> results, std::span<const Metric> metrics,
                            const BootstrapOptions& bootstrap);

/// [{"task", "kind", "path", "split", "about", "scores": {"cosine_f1": 0.71, …}, "intervals": {"cosine_f1":
/// [low, high], …}, "bootstrap": {"method", "confidence", "resamples", "seed"}}], the last two with a
/// bootstrap; the split is null where there is none.
nlohmann::json own_data_json(std::span<const OwnDataResult> results, const BootstrapOptions& bootstrap);

}  // namespace angle
