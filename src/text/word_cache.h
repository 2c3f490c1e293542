// A small memory of words already tokenised: natural text repeats its words, so that most are found here.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace angle {

/// The cache of the calling thread. All tokenizers share it; entries carry their owner. A word has one place,
/// so that looking it up costs one comparison, and memory is bounded (1 MB a thread).
class WordCache {
 public:
  static constexpr size_t kMaxBytes = 26;  // of a word; longer ones are not kept
  static constexpr size_t kMaxIds = 8;

  /// Hashes are computed while the word is read: hash = append(hash, byte), from kEmptyHash.
  static constexpr uint64_t kEmptyHash = 0xcbf29ce484222325u;
  static uint64_t append(uint64_t hash, char byte) {
    return (hash ^ static_cast<uint8_t>(byte)) * 0x9E3779B97F4A7C15u;
  }
  static uint64_t hash_of(std::string_view word) {
    uint64_t hash = kEmptyHash;
    for (const char byte : word) hash = append(hash, byte);
    return hash;
  }

  /// A number that no other tokenizer of this process has.
  static uint32_t new_owner();

  static WordCache& of_this_thread() {
    thread_local WordCache cache;
    return cache;
  }

  /// @return  whether the word is known; then `ids` are its ids, valid until the next store()
  bool find(uint32_t owner, std::string_view word, uint64_t hash, std::span<const int32_t>& ids) const {
    const Entry& entry = entries_[place(owner, hash)];
    if (entry.owner != owner || entry.length != word.size() ||
        std::memcmp(entry.word.data(), word.data(), word.size()) != 0)
      return false;
    ids = {entry.ids.data(), entry.num_ids};
    return true;
  }

  /// Does nothing when the word or its ids are too many to be kept.
  void store(uint32_t owner, std::string_view word, uint64_t hash, std::span<const int32_t> ids) {
    if (word.size() > kMaxBytes || ids.size() > kMaxIds) return;
    Entry& entry = entries_[place(owner, hash)];
    entry.owner = owner;
    entry.length = static_cast<uint8_t>(word.size());
    entry.num_ids = static_cast<uint8_t>(ids.size());
    std::copy(word.begin(), word.end(), entry.word.begin());
    std::copy(ids.begin(), ids.end(), entry.ids.begin());
  }

 private:
  static constexpr int kBits = 14;

  struct alignas(64) Entry {
    uint32_t owner = 0;  // 0: nobody
    uint8_t length = 0;
    uint8_t num_ids = 0;
    std::array<char, kMaxBytes> word{};
    std::array<int32_t, kMaxIds> ids{};
  };
  static_assert(sizeof(Entry) == 64);  // one cache line

  static size_t place(uint32_t owner, uint64_t hash) {
    return ((hash ^ owner) * 0x9E3779B97F4A7C15u) >> (64 - kBits);
  }

  std::unique_ptr<Entry[]> entries_ = std::make_unique<Entry[]>(size_t{1} << kBits);
};

}  // namespace angle
