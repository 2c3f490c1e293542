#include "angle/eval/top_documents.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace angle {

TopDocuments::TopDocuments(int64_t queries, int64_t depth)
    : depth_(static_cast<size_t>(depth)), heaps_(static_cast<size_t>(queries)) {}

void TopDocuments::add(int64_t query, std::span<const float> scores, int64_t first) {
  std::vector<ScoredDocument>& heap = heaps_[static_cast<size_t>(query)];
  for (size_t i = 0; i < scores.size(); ++i) {
    const float score = std::isnan(scores[i]) ? -std::numeric_limits<float>::infinity() : scores[i];
    const ScoredDocument found{score, first + static_cast<int64_t>(i)};
    if (heap.size() == depth_) {
      if (!(found < heap.front())) continue;
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.push_back(found);
    std::push_heap(heap.begin(), heap.end());
  }
}

std::vector<ScoredDocument> TopDocuments::ranked(int64_t query) const {
  std::vector<ScoredDocument> documents = heaps_[static_cast<size_t>(query)];
  std::sort(documents.begin(), documents.end());
  return documents;
}

}  // namespace angle
