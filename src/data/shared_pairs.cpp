#include "angle/data/shared_pairs.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_set>

#include <xxhash.h>

namespace angle {
namespace {

constexpr int64_t kRowsInBlock = 4096;  // of a store in a file

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

template <typename Use>
void for_each_pair(const ExampleStore& store, const Use& use) {
  if (const Examples* examples = store.in_memory()) return for_each_pair(*examples, use);
  for (int64_t begin = 0; begin < store.size(); begin += kRowsInBlock) {
    std::vector<int64_t> rows(static_cast<size_t>(std::min(kRowsInBlock, store.size() - begin)));
    std::iota(rows.begin(), rows.end(), begin);
    for_each_pair(store.read(rows), use);
  }
}

template <typename Source>
TextPairs hashes_of(const Source& examples) {
  TextPairs pairs;
  for_each_pair(examples, [&](uint64_t pair) { pairs.push_back(pair); });
  return pairs;
}

}  // namespace

TextPairs text_pairs(const Examples& examples) { return hashes_of(examples); }
TextPairs text_pairs(const ExampleStore& examples) { return hashes_of(examples); }

std::vector<int64_t> count_shared_pairs(std::span<const TextPairs> lists, const ExampleStore& examples) {
  std::unordered_set<uint64_t> wanted, shared;
  for (const TextPairs& list : lists) wanted.insert(list.begin(), list.end());
  for_each_pair(examples, [&](uint64_t pair) {
    if (wanted.contains(pair)) shared.insert(pair);
  });
  std::vector<int64_t> counts;
  for (const TextPairs& list : lists)
    counts.push_back(
        std::count_if(list.begin(), list.end(), [&](uint64_t pair) { return shared.contains(pair); }));
  return counts;
}

}  // namespace angle
