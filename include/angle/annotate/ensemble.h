// Training sets of one or several annotators: scored pairs with their provenance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/annotations.h"
#include "angle/json_enum.h"

namespace angle {

/// Why a candidate is in no pair of a training set.
enum class LeftOut {
  duplicate,      // another annotator wrote the same sentence for the seed
  contradiction,  // another annotator wrote it as the other relation
  length_rule,    // opposite meaning, and too nearly as many words (the paper's rule)
  outvoted,       // too few votes for the relation it was written as
  unscored        // a mean score is wanted, and there is no score
};
ANGLE_JSON_ENUM(LeftOut, {{LeftOut::duplicate, "duplicate"},
                          {LeftOut::contradiction, "contradiction"},
                          {LeftOut::length_rule, "length_rule"},
                          {LeftOut::outvoted, "outvoted"},
                          {LeftOut::unscored, "unscored"}})

/// A pair of the seed and a candidate.
struct AnnotatedPair {
  size_t candidate = 0;  // in Annotations::candidates
  double score = 0;      // from 0 to 1
};

struct TrainingPairs {
  std::vector<AnnotatedPair> pairs;  // by annotator, then seed
  std::map<LeftOut, int64_t> left_out;
};

/// Whose pairs an output has: annotators by their places in the configuration, in its order.
std::vector<size_t> annotators_of(const AnnotateConfig& config, const OutputConfig& output);

/// The pairs of one output of the configuration.
TrainingPairs combine(const Annotations& annotations, const AnnotateConfig& config,
                      const OutputConfig& output);

/// JSONL that `angle train` reads as scored pairs: `sentence1` (the seed), `sentence2`, `score`, and where it
/// comes from: `relation`, `annotator`, `model`, `prompt`, `prompt_hash`, `request` and `reply_hash` (XXH3 of
/// the request and of the reply), `time`, and `annotator_scores` by name where there are any.
std::string format_pairs(const TrainingPairs& pairs, const Annotations& annotations,
                         const AnnotateConfig& config);

/// Whether a line of JSONL says where it comes from, as those of format_pairs() do.
bool has_provenance(const json& row);

}  // namespace angle
