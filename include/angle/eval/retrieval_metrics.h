// How good a ranking of documents is for a query, as BEIR and trec_eval measure it. A document is relevant
// when its grade is above 0; documents that nobody graded have grade 0.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace angle {

/// The cut-offs of recall.
inline constexpr std::array<int64_t, 4> kRecallCutoffs = {1, 5, 10, 100};

/// Of one query, or the means over queries. All in [0, 1]. The gain of nDCG is linear, the grade itself, as
/// in pytrec_eval, which BEIR uses; with the exponential one, 2^grade − 1, it differs where a grade is
/// above 1.
struct RetrievalScores {
  double ndcg_10 = 0.0;  // Σ grade / log₂(rank + 1) over ranks 1 … 10, over that of the best order
  double mrr_10 = 0.0;   // 1 / rank of the first relevant document, 0 beyond rank 10
  double map_100 = 0.0;  // Σ precision at the ranks of relevant documents up to 100, over all relevant ones
  std::array<double, kRecallCutoffs.size()> recall{};  // relevant ones up to each cut-off, over all of them
};

/// @param ranked  grades of the documents found, the best first; 100 are enough
/// @param all     grades of all graded documents of the query, at least one above 0
RetrievalScores score_ranking(std::span<const int64_t> ranked, std::span<const int64_t> all);

/// Means over queries; zeros for none.
RetrievalScores mean(std::span<const RetrievalScores> scores);

}  // namespace angle
