#include "angle/eval/bm25.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "eval/word_counts.h"

namespace angle {

Bm25Search::Bm25Search(std::span<const std::string> queries) {
  for (const std::string& query : queries) {
    queries_.push_back(word_counts(query));
    for (const auto& [word, times] : queries_.back()) occurrences_[word];
  }
}

void Bm25Search::add(const std::string& document) {
  const size_t number = lengths_.size();
  double length = 0.0;
  for (const auto& [word, times] : word_counts(document)) {
    length += times;
    const auto of_queries = occurrences_.find(word);
    if (of_queries != occurrences_.end()) of_queries->second.push_back({number, times});
  }
  lengths_.push_back(length);
}

TopDocuments Bm25Search::search(int64_t depth, const Bm25Options& options) const {
  const auto documents = static_cast<double>(lengths_.size());
  const double mean_length = std::accumulate(lengths_.begin(), lengths_.end(), 0.0) / documents;
  TopDocuments top(static_cast<int64_t>(queries_.size()), depth);
  std::vector<double> scores(lengths_.size());  // above 0 for what shares a word: no idf is 0
  for (size_t query = 0; query < queries_.size(); ++query) {
    std::vector<size_t> sharing;  // documents that share a word
    for (const auto& [word, times] : queries_[query]) {
      const std::vector<Occurrence>& found = occurrences_.at(word);
      const auto with_it = static_cast<double>(found.size());
      const double idf = std::log(1.0 + (documents - with_it + 0.5) / (with_it + 0.5));
      for (const Occurrence& occurrence : found) {
        if (scores[occurrence.document] == 0) sharing.push_back(occurrence.document);
        const double length = lengths_[occurrence.document] / mean_length;
        scores[occurrence.document] +=
            times * idf * occurrence.times /
            (occurrence.times + options.k1 * (1.0 - options.b + options.b * length));
      }
    }
    for (const size_t document : sharing) {
      const auto score = static_cast<float>(std::exchange(scores[document], 0.0));
      if (score > 0) top.add(static_cast<int64_t>(query), {&score, 1}, static_cast<int64_t>(document));
    }
  }
  return top;
}

}  // namespace angle
