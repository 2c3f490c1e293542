// Exact search: the best documents of each query, fed with scores a block at a time, in memory for the best
// alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace angle {

struct ScoredDocument {
  float score = 0.0F;
  int64_t document = 0;  // its number

  /// Whether it ranks before another: higher score, of equal ones the lower number.
  bool operator<(const ScoredDocument& other) const {
    return score != other.score ? score > other.score : document < other.document;
  }
};

class TopDocuments {
 public:
  /// @param depth  documents to keep for each query
  TopDocuments(int64_t queries, int64_t depth);

  /// Adds the scores of consecutive documents for a query. NaN ranks last.
  ///
  /// @param first  number of the first document
  void add(int64_t query, std::span<const float> scores, int64_t first);

  /// The best documents of a query, the best first.
  std::vector<ScoredDocument> ranked(int64_t query) const;

 private:
  size_t depth_;
  std::vector<std::vector<ScoredDocument>> heaps_;  // of each query, the worst in front
};

}  // namespace angle
