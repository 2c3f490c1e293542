#include "text/pair_merger.h"

#include <queue>

#include "angle/error.h"
#include "angle/excerpt.h"

namespace angle {
namespace {

constexpr int32_t kNoSymbol = -1;

/// A token of the word; merged ones leave the list.
struct Symbol {
  int32_t id = 0;
  int32_t previous = kNoSymbol;
  int32_t next = kNoSymbol;
  bool gone = false;
};

/// A pair that could be merged when it was noted; the symbols may have changed since.
struct Candidate {
  uint32_t rank;
  int32_t position;
  int32_t merged;

  /// Whether the other one goes first.
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : position > other.position;
  }
};

uint64_t key_of(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

std::vector<Symbol> linked(const std::vector<int32_t>& ids) {
  const auto count = static_cast<int32_t>(ids.size());
  std::vector<Symbol> symbols;
  symbols.reserve(ids.size());
  for (int32_t i = 0; i < count; ++i)
    symbols.push_back({ids[static_cast<size_t>(i)], i - 1, i + 1 < count ? i + 1 : kNoSymbol});
  return symbols;
}

}  // namespace

PairMerger::PairMerger(const Vocabulary& vocabulary,
                       std::span<const std::pair<std::string, std::string>> merges) {
  merges_.reserve(merges.size());
  const auto find = [&vocabulary](const std::string& token, size_t rank) {
    const int32_t id = vocabulary.find(token);
    if (id == Vocabulary::kNotFound)
      fail("merge {}: {} is not in the vocabulary of {} tokens; the two are from different models", rank + 1,
           in_quotes(token), vocabulary.size());
    return id;
  };
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const uint64_t key = key_of(find(left, rank), find(right, rank));
    merges_[key] = {static_cast<uint32_t>(rank), find(left + right, rank)};
  }
}

const PairMerger::Merge* PairMerger::find(int32_t left, int32_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void PairMerger::merge(std::vector<int32_t>& ids) const {
  std::vector<Symbol> symbols = linked(ids);
  const auto at = [&symbols](int32_t position) -> Symbol& { return symbols[static_cast<size_t>(position)]; };
  std::priority_queue<Candidate> candidates;
  const auto note = [this, &at, &candidates](int32_t left) {
    if (left == kNoSymbol || at(left).next == kNoSymbol) return;
    if (const Merge* merge = find(at(left).id, at(at(left).next).id))
      candidates.push({merge->rank, left, merge->merged});
  };
  for (int32_t i = 0; i < static_cast<int32_t>(symbols.size()); ++i) note(i);

  while (!candidates.empty()) {
    const Candidate candidate = candidates.top();
    candidates.pop();
    Symbol& left = at(candidate.position);
    if (left.gone || left.next == kNoSymbol) continue;
    Symbol& right = at(left.next);
    const Merge* merge = find(left.id, right.id);
    if (merge == nullptr || merge->merged != candidate.merged) continue;

    left.id = candidate.merged;
    left.next = right.next;
    right.gone = true;
    if (left.next != kNoSymbol) at(left.next).previous = candidate.position;
    note(left.previous);
    note(candidate.position);
  }

  ids.clear();
  for (const Symbol& symbol : symbols)
    if (!symbol.gone) ids.push_back(symbol.id);
}

}  // namespace angle
