#include "angle/eval/baselines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "eval/word_counts.h"

namespace angle {
namespace {

/// The word counts of each distinct text of the pairs.
using TextWords = std::unordered_map<std::string_view, WordCounts>;

TextWords words_of_texts(std::span<const ScoredPair> pairs) {
  TextWords words;
  for (const ScoredPair& pair : pairs) {
    for (const std::string* text : {&pair.left, &pair.right}) {
      if (!words.contains(*text)) words.emplace(*text, word_counts(*text));
    }
  }
  return words;
}

double overlap(const WordCounts& left, const WordCounts& right) {
  const auto shared =
      std::count_if(left.begin(), left.end(), [&](const auto& entry) { return right.contains(entry.first); });
  const auto all = static_cast<int64_t>(left.size() + right.size()) - shared;
  return all == 0 ? 0.0 : static_cast<double>(shared) / static_cast<double>(all);
}

double dot(const WordCounts& left, const WordCounts& right) {
  double sum = 0.0;
  for (const auto& [word, weight] : left) {
    const auto found = right.find(word);
    if (found != right.end()) sum += weight * found->second;
  }
  return sum;
}

void weigh_by_rarity(TextWords& texts) {
  std::unordered_map<std::string, double> texts_with;
  for (const auto& [text, words] : texts) {
    for (const auto& [word, count] : words) ++texts_with[word];
  }
  const auto num_texts = static_cast<double>(texts.size());
  for (auto& [text, words] : texts) {
    for (auto& [word, count] : words) count *= std::log((1 + num_texts) / (1 + texts_with.at(word))) + 1;
  }
}

}  // namespace

std::vector<double> word_overlap(std::span<const ScoredPair> pairs) {
  const TextWords words = words_of_texts(pairs);
  std::vector<double> scores;
  for (const ScoredPair& pair : pairs) scores.push_back(overlap(words.at(pair.left), words.at(pair.right)));
  return scores;
}

std::vector<double> tf_idf_cosine(std::span<const ScoredPair> pairs) {
  TextWords words = words_of_texts(pairs);
  weigh_by_rarity(words);
  std::vector<double> scores;
  for (const ScoredPair& pair : pairs) {
    const WordCounts& left = words.at(pair.left);
    const WordCounts& right = words.at(pair.right);
    const double lengths = std::sqrt(dot(left, left) * dot(right, right));
    // Equal texts score exactly 1, so that they tie.
    scores.push_back(lengths == 0 ? 0.0 : left == right ? 1.0 : dot(left, right) / lengths);
  }
  return scores;
}

std::vector<Baseline> score_baselines(std::span<const ScoredPair> pairs, const BootstrapOptions& bootstrap) {
  const std::vector<std::vector<double>> scores = {word_overlap(pairs), tf_idf_cosine(pairs)};
  const std::vector<double> labels = labels_of(pairs);
  std::vector<Baseline> baselines = {{"word_overlap", "word overlap", correlate(scores[0], labels)},
                                     {"tf_idf", "TF-IDF", correlate(scores[1], labels)}};
  if (bootstrap.resamples == 0) return baselines;
  std::vector<ResampledCorrelations> resampled = resample_correlations(scores, labels, bootstrap);
  for (size_t i = 0; i < baselines.size(); ++i) baselines[i].resampled = std::move(resampled[i]);
  return baselines;
}

Baseline untrained_baseline(const StsScores& scores, std::span<const ScoredPair> pairs,
                            const BootstrapOptions& bootstrap) {
  constexpr auto kCosine = static_cast<size_t>(Similarity::cosine);
  Baseline baseline{"untrained_encoder", "untrained encoder", scores.correlations[kCosine]};
  if (bootstrap.resamples == 0) return baseline;
  const std::vector<std::vector<double>> cosines = {scores.similarities[kCosine]};
  baseline.resampled = resample_correlations(cosines, labels_of(pairs), bootstrap)[0];
  return baseline;
}

}  // namespace angle
