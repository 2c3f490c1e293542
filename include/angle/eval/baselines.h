// What a score has to beat to mean anything: similarities that need no model, and a model that has learnt
// nothing.
//
// Words are runs of letters and digits of any alphabet, with the marks that follow them, lower-cased.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "angle/data/examples.h"
#include "angle/eval/bootstrap.h"
#include "angle/eval/sts_scores.h"

namespace angle {

/// A baseline's correlation with the labels of a file.
struct Baseline {
  std::string name;   // `word_overlap`
  std::string title;  // `word overlap`
  Correlation correlation;
  ResampledCorrelations resampled = {};  // empty without a bootstrap
};

/// |A ∩ B| / |A ∪ B| of the sets of words of both texts (Jaccard); 0 when neither has a word.
///
/// @return  [pairs], in [0, 1]
std::vector<double> word_overlap(std::span<const ScoredPair> pairs);

/// The cosine of both texts' TF-IDF vectors: how often a word occurs, times ln((1 + texts) / (1 + texts with
/// it)) + 1, over the distinct texts of these pairs (scikit-learn's TfidfTransformer); 0 for a text without
/// words.
///
/// @return  [pairs], in [0, 1]
std::vector<double> tf_idf_cosine(std::span<const ScoredPair> pairs);

/// The two above, correlated with the labels.
std::vector<Baseline> score_baselines(std::span<const ScoredPair> pairs, const BootstrapOptions& bootstrap);

/// The cosine of a model with random weights (model/random_weights.h): what architecture, tokenizer and
/// pooling give by themselves, much like the overlap of tokens.
///
/// @param scores  its scores of the pairs
Baseline untrained_baseline(const StsScores& scores, std::span<const ScoredPair> pairs,
                            const BootstrapOptions& bootstrap);

}  // namespace angle
