// The three forms of training data, one type each, and what evaluation reads too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "angle/json_enum.h"

namespace angle {

/// Two texts and how similar they are. Graded (0 to 5, say) or binary (0 and 1).
struct ScoredPair {
  std::string left;
  std::string right;
  double label = 0;  // finite
  int64_t line = 0;  // of the file; the first line of a row that spans several
};

inline std::vector<double> labels_of(std::span<const ScoredPair> pairs) {
  std::vector<double> labels;
  labels.reserve(pairs.size());
  for (const ScoredPair& pair : pairs) labels.push_back(pair.label);
  return labels;
}

/// The lowest and the highest label of scored pairs.
struct LabelRange {
  double lowest = 0, highest = 0;

  bool operator==(const LabelRange&) const = default;
};

/// Two texts that belong together; every other text of a batch serves as a negative.
struct PositivePair {
  std::string query;
  std::string positive;
  int64_t line = 0;
};

/// A positive pair with texts that look like the positive but are not (hard negatives).
struct Triplet {
  std::string query;
  std::string positive;
  std::vector<std::string> negatives;  // at least one
  int64_t line = 0;
};

/// `format` of a data set in the configuration. (angle_emb calls them A, B and C.)
enum class DataFormat { scored_pairs, pairs, triplets };
ANGLE_JSON_ENUM(DataFormat, {{DataFormat::scored_pairs, "scored_pairs"},
                             {DataFormat::pairs, "pairs"},
                             {DataFormat::triplets, "triplets"}})

/// The rows of one data set. Alternatives are in the order of DataFormat.
using Examples = std::variant<std::vector<ScoredPair>, std::vector<PositivePair>, std::vector<Triplet>>;

inline DataFormat format_of(const Examples& examples) { return static_cast<DataFormat>(examples.index()); }

inline int64_t num_examples(const Examples& examples) {
  return std::visit([](const auto& rows) { return static_cast<int64_t>(rows.size()); }, examples);
}

}  // namespace angle
