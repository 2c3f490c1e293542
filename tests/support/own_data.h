// Tasks on own data, made of the samples: small, and neither trivial nor impossible for a model with random
// weights.
#pragma once

#include <filesystem>
#include <string>

#include "angle/data/reader.h"
#include "angle/io/file.h"
#include "angle/io/json.h"

namespace angle::testing {

inline std::filesystem::path sample_file(const std::string& name) {
  return std::filesystem::path(ANGLE_SOURCE_DIR) / "data/samples" / name;
}

/// The right sides of all pairs are the documents; the left sides of similar pairs ask for theirs.
///
/// @return  the task's name, `retrieval:…`
inline std::string write_retrieval(const std::filesystem::path& directory) {
  std::string corpus, queries, qrels = "query-id\tcorpus-id\tscore\n";
  for (const ScoredPair& pair : read_scored_pairs(sample_file("pairs_validation.tsv")).examples) {
    const std::string number = std::to_string(pair.line);
    corpus += json{{"_id", "d" + number}, {"text", pair.right}}.dump() + "\n";
    if (pair.label < 4) continue;
    queries += json{{"_id", "q" + number}, {"text", pair.left}}.dump() + "\n";
    qrels += "q" + number + "\td" + number + "\t1\n";
  }
  std::filesystem::create_directories(directory / "qrels");
  write_file(directory / "corpus.jsonl", corpus);
  write_file(directory / "queries.jsonl", queries);
  write_file(directory / "qrels/test.tsv", qrels);
  return "retrieval:" + directory.string();
}

/// Pairs that are similar or not.
///
/// @return  the task's name, `pairs:…`
inline std::string write_binary_pairs(const std::filesystem::path& file) {
  std::string rows = "sentence1\tsentence2\tscore\n";
  for (const ScoredPair& pair : read_scored_pairs(sample_file("pairs_validation.tsv")).examples)
    rows += pair.left + "\t" + pair.right + (pair.label < 3 ? "\t0\n" : "\t1\n");
  write_file(file, rows);
  return "pairs:" + file.string();
}

/// Questions and answers, of which some are for the test.
///
/// @return  the task's name, `classify:…`
inline std::string write_classes(const std::filesystem::path& directory) {
  std::string train, test;
  for (const PositivePair& pair : read_positive_pairs(sample_file("positives.csv")).examples) {
    std::string& split = pair.line % 3 == 0 ? test : train;
    split += json{{"text", pair.query}, {"label", "question"}}.dump() + "\n";
    split += json{{"text", pair.positive}, {"label", "answer"}}.dump() + "\n";
  }
  std::filesystem::create_directories(directory);
  write_file(directory / "train.jsonl", train);
  write_file(directory / "test.jsonl", test);
  return "classify:" + directory.string();
}

}  // namespace angle::testing
