// Okapi BM25, what a search without a model finds: the baseline of retrieval.
//
// A document scores Σ over the words of the query of idf · tf / (tf + k₁ · (1 − b + b · length / mean
// length)), idf = ln(1 + (N − n + ½) / (n + ½)), where the word occurs tf times in the document and in n of
// all N documents, and lengths are in words (Robertson & Zaragoza, Foundations and Trends in IR 2009, with
// the idf of Lucene, which is never negative). A word that the query has twice counts twice.
//
// Words are those of baselines.h: there is no stemming and no list of stop words, which published BM25 rows
// often have.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "angle/eval/top_documents.h"

namespace angle {

/// The values of BEIR's BM25 (Thakur et al., arXiv 2104.08663, section 4: Anserini's defaults).
struct Bm25Options {
  double k1 = 0.9;  // how soon more occurrences of a word stop to matter, at least 0
  double b = 0.4;   // how much long documents are held back, in [0, 1]
};

/// Keeps of the documents only where they have words of the queries.
class Bm25Search {
 public:
  explicit Bm25Search(std::span<const std::string> queries);

  /// The next document; the first has number 0.
  void add(const std::string& document);

  /// The best documents of each query, only such as share a word with it.
  ///
  /// @param depth  documents for each query
  TopDocuments search(int64_t depth, const Bm25Options& options = {}) const;

 private:
  /// A document with a word of a query.
  struct Occurrence {
    size_t document;
    double times;
  };

  std::map<std::string, std::vector<Occurrence>> occurrences_;  // by word, of all words of the queries
  std::vector<std::map<std::string, double>> queries_;          // their words
  std::vector<double> lengths_;                                 // [documents]
};

}  // namespace angle
