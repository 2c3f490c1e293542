// Byte-pair encoding of one word.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/vocabulary.h"

namespace angle {

class PairMerger {
 public:
  PairMerger(const Vocabulary& vocabulary, std::span<const std::pair<std::string, std::string>> merges);

  /// Merges neighbours in `ids`, the pair of lowest rank first, of equal ones the leftmost, until none has a
  /// rank. Time n log n.
  void merge(std::vector<int32_t>& ids) const;

 private:
  struct Merge {
    uint32_t rank = 0;
    int32_t merged = Vocabulary::kNotFound;
  };

  const Merge* find(int32_t left, int32_t right) const;

  std::unordered_map<uint64_t, Merge> merges_;  // by both ids
};

}  // namespace angle
