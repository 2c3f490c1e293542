#include "angle/eval/retrieval_metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace angle {
namespace {

constexpr size_t kTop = 10;
constexpr size_t kMapDepth = 100;

double discounted_gain(std::span<const int64_t> grades) {
  double sum = 0.0;
  for (size_t i = 0; i < std::min(grades.size(), kTop); ++i)
    sum += static_cast<double>(std::max<int64_t>(grades[i], 0)) / std::log2(static_cast<double>(i) + 2.0);
  return sum;
}

int64_t count_relevant(std::span<const int64_t> grades) {
  return std::count_if(grades.begin(), grades.end(), [](int64_t grade) { return grade > 0; });
}

double reciprocal_rank(std::span<const int64_t> ranked) {
  for (size_t i = 0; i < std::min(ranked.size(), kTop); ++i) {
    if (ranked[i] > 0) return 1.0 / static_cast<double>(i + 1);
  }
  return 0.0;
}

double average_precision(std::span<const int64_t> ranked, double relevant) {
  double sum = 0.0, found = 0.0;
  for (size_t i = 0; i < std::min(ranked.size(), kMapDepth); ++i) {
    if (ranked[i] > 0) sum += ++found / static_cast<double>(i + 1);
  }
  return sum / relevant;
}

}  // namespace

RetrievalScores score_ranking(std::span<const int64_t> ranked, std::span<const int64_t> all) {
  const auto relevant = static_cast<double>(count_relevant(all));
  std::vector<int64_t> best(all.begin(), all.end());
  std::sort(best.begin(), best.end(), std::greater<>());

  RetrievalScores scores{.ndcg_10 = discounted_gain(ranked) / discounted_gain(best),
                         .mrr_10 = reciprocal_rank(ranked),
                         .map_100 = average_precision(ranked, relevant)};
  for (size_t i = 0; i < kRecallCutoffs.size(); ++i) {
    const auto top = ranked.first(std::min(ranked.size(), static_cast<size_t>(kRecallCutoffs[i])));
    scores.recall[i] = static_cast<double>(count_relevant(top)) / relevant;
  }
  return scores;
}

RetrievalScores mean(std::span<const RetrievalScores> scores) {
  RetrievalScores result;
  const double weight = 1.0 / static_cast<double>(scores.size());
  for (const RetrievalScores& score : scores) {
    result.ndcg_10 += weight * score.ndcg_10;
    result.mrr_10 += weight * score.mrr_10;
    result.map_100 += weight * score.map_100;
    for (size_t i = 0; i < result.recall.size(); ++i) result.recall[i] += weight * score.recall[i];
  }
  return result;
}

}  // namespace angle
