// The ten numbers that `angle eval` gives: two correlations for each of five similarities, by name
// (`cosine_spearman`, `angle_pearson`, …).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// How alike two embeddings are. Distances are negated, so that more is always more alike.
enum class Similarity { cosine, dot, euclidean, manhattan, angle };

inline constexpr std::array kSimilarities = {Similarity::cosine, Similarity::dot, Similarity::euclidean,
                                             Similarity::manhattan, Similarity::angle};

/// How scores are compared with labels.
enum class Statistic { pearson, spearman };

/// What a model is judged by. The default is the field's: Spearman's correlation of the cosine.
struct Metric {
  Similarity similarity = Similarity::cosine;
  Statistic statistic = Statistic::spearman;

  bool operator==(const Metric&) const = default;
};

std::string to_string(Similarity similarity);
std::string to_string(Statistic statistic);

/// `cosine_spearman`
std::string to_string(const Metric& metric);

/// All ten, by similarity, Pearson before Spearman.
std::vector<Metric> all_metrics();

/// The metric of a name; nothing for another name.
std::optional<Metric> find_metric(std::string_view name);

/// The same; Error `--metric cosine_spaerman: unknown metric; did you mean "cosine_spearman"? …`.
///
/// @param where  what the name was given to, for the message: `--metric`, `evaluation.metric`
Metric parse_metric(std::string_view name, const std::string& where);

}  // namespace angle
