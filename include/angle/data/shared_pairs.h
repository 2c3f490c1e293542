// Pairs of texts that are trained on and measured on, too: what a score on them says of new texts is too
// good.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/data/examples.h"

namespace angle {

/// Pairs of texts by hashes of 64 bits: of scored pairs, of queries and their positives. Which side a text
/// stands on does not matter.
using TextPairs = std::vector<uint64_t>;

TextPairs text_pairs(const std::vector<ScoredPair>& pairs);
TextPairs text_pairs(const Examples& examples);

/// How many of each list of pairs are among the examples.
std::vector<int64_t> count_shared_pairs(std::span<const TextPairs> lists, const Examples& examples);

}  // namespace angle
