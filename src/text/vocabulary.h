// Token spellings by id and ids by spelling, without allocation, also for all tokens that begin at a place of
// a text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

class Vocabulary {
 public:
  static constexpr int32_t kNotFound = -1;

  Vocabulary() = default;
  /// @param tokens      by id; empty where there is none. Of equal ones the last counts.
  /// @param searchable  ids from this one on have a spelling, but are never found by it
  explicit Vocabulary(std::span<const std::string> tokens, size_t searchable = SIZE_MAX);

  int32_t find(std::string_view token) const;
  std::string_view token(int32_t id) const;  // empty where there is none
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }

  /// Tokens that begin with `prefix`, to be found by what follows it.
  struct Continuation {
    std::string prefix;
    uint64_t hash = 0;  // of the prefix
  };
  Continuation continuation(std::string prefix) const;

  /// Calls found(length, id) for every token that is the continuation's prefix and the first `length` bytes
  /// of `text`, shorter ones first.
  template <typename Found>
  void for_each_prefix(const Continuation& start, std::string_view text, Found&& found) const;

 private:
  struct Slot {
    uint32_t tag = 0;  // lower half of the mixed hash; the slot is by the upper bits
    int32_t id = kNotFound;
  };

  // FNV-1a, because it can be continued byte by byte; find_slot() mixes it.
  static constexpr uint64_t kEmptyHash = 0xcbf29ce484222325u;
  static uint64_t append(uint64_t hash, char byte) {
    return (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3u;
  }
  static uint64_t hash_of(std::string_view text, uint64_t hash = kEmptyHash) {
    for (const char byte : text) hash = append(hash, byte);
    return hash;
  }
  static uint64_t mix(uint64_t hash) { return hash * 0x9E3779B97F4A7C15u; }

  /// Whether tokens begin with a text of that hash. It is true of some others too, which costs time only.
  bool begins_token(uint64_t hash) const {
    const uint64_t bit = mix(hash) >> beginnings_shift_;
    return (beginnings_[bit / 64] >> (bit % 64) & 1) != 0;
  }

  /// The slot of prefix + rest, or the empty one where it would be.
  size_t find_slot(uint64_t hash, std::string_view prefix, std::string_view rest) const;
  bool equals(int32_t id, std::string_view prefix, std::string_view rest) const;

  std::string spellings_;       // of all tokens, one after another
  std::vector<uint32_t> ends_;  // by id
  std::vector<Slot> slots_;     // linear probing, at most half full
  int shift_ = 63;              // 64 - log2(slots)

  std::vector<uint64_t> beginnings_;  // bits, by the hash of a beginning of a token
  int beginnings_shift_ = 63;         // 64 - log2(bits)
};

inline bool Vocabulary::equals(int32_t id, std::string_view prefix, std::string_view rest) const {
  const std::string_view own = token(id);
  return own.size() == prefix.size() + rest.size() && own.starts_with(prefix) && own.ends_with(rest);
}

inline std::string_view Vocabulary::token(int32_t id) const {
  const uint32_t begin = id == 0 ? 0 : ends_[static_cast<size_t>(id) - 1];
  return std::string_view(spellings_).substr(begin, ends_[static_cast<size_t>(id)] - begin);
}

inline size_t Vocabulary::find_slot(uint64_t hash, std::string_view prefix, std::string_view rest) const {
  const uint64_t mixed = mix(hash);
  const auto tag = static_cast<uint32_t>(mixed);
  size_t slot = mixed >> shift_;
  while (slots_[slot].id != kNotFound && !(slots_[slot].tag == tag && equals(slots_[slot].id, prefix, rest)))
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

template <typename Found>
void Vocabulary::for_each_prefix(const Continuation& start, std::string_view text, Found&& found) const {
  uint64_t hash = start.hash;
  for (size_t length = 1; length <= text.size(); ++length) {
    hash = append(hash, text[length - 1]);
    if (!begins_token(hash)) return;
    const int32_t id = slots_[find_slot(hash, start.prefix, text.substr(0, length))].id;
    if (id != kNotFound) found(length, id);
  }
}

}  // namespace angle
