#include "angle/data/shared_pairs.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>

#include <xxhash.h>

namespace angle {
namespace {

uint64_t hash_of(std::string_view left, std::string_view right) {
  if (right < left) std::swap(left, right);
  return XXH3_64bits_withSeed(right.data(), right.size(), XXH3_64bits(left.data(), left.size()));
}

uint64_t hash_of(const ScoredPair& row) { return hash_of(row.left, row.right); }
uint64_t hash_of(const PositivePair& row) { return hash_of(row.query, row.positive); }
uint64_t hash_of(const Triplet& row) { return hash_of(row.query, row.positive); }

/// Calls `use` with the hash of every row.
template <typename Use>
void for_each_pair(const Examples& examples, const Use& use) {
  std::visit(
      [&](const auto& rows) {
        for (const auto& row : rows) use(hash_of(row));
      },
      examples);
}

}  // namespace

TextPairs text_pairs(const std::vector<ScoredPair>& pairs) {
  TextPairs hashes;
  for (const ScoredPair& pair : pairs) hashes.push_back(hash_of(pair));
  return hashes;
}

TextPairs text_pairs(const Examples& examples) {
  TextPairs hashes;
  for_each_pair(examples, [&](uint64_t pair) { hashes.push_back(pair); });
  return hashes;
}

std::vector<int64_t> count_shared_pairs(std::span<const TextPairs> lists, const Examples& examples) {
  std::unordered_set<uint64_t> wanted, there;  // of the lists, which are small beside what is trained on
  for (const TextPairs& list : lists) wanted.insert(list.begin(), list.end());
  for_each_pair(examples, [&](uint64_t pair) {
    if (wanted.contains(pair)) there.insert(pair);
  });
  std::vector<int64_t> counts;
  for (const TextPairs& list : lists)
    counts.push_back(
        std::count_if(list.begin(), list.end(), [&](uint64_t pair) { return there.contains(pair); }));
  return counts;
}

}  // namespace angle
