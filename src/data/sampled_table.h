// A hash table that stays below a fixed size, however many keys there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace angle {

/// Values by the 64-bit hash of their key. When the table is full it forgets every key whose hash has a one
/// as its next leading bit and takes no such key any more: a random half of the keys remains, with everything
/// that was noted about them, so that sums over them, times scale(), are unbiased estimates
/// (adaptive sampling: Flajolet, "On adaptive sampling", Computing 43, 1990).
template <class Value>
class SampledTable {
 public:
  /// @param most  keys held at one time
  explicit SampledTable(size_t most) : most_(most), slots_(kFirstSlots) {}

  /// The value of a key, made when it is not there; null when the key is not among those that are kept. Valid
  /// until the next call.
  Value* find(uint64_t hash) {
    if (hash == kEmpty) hash = 1;
    if (!is_kept(hash)) return nullptr;
    Slot* slot = &slot_of(hash);
    if (slot->hash == hash) return &slot->value;
    make_room();
    if (!is_kept(hash)) return nullptr;
    slot = &slot_of(hash);
    slot->hash = hash;
    ++size_;
    return &slot->value;
  }

  /// Keys there are for each one that is kept: 1 as long as all are.
  int64_t scale() const { return int64_t{1} << dropped_bits_; }

  /// Calls `use(hash, value)` for every key that is kept.
  template <class Use>
  void for_each(Use use) const {
    for (const Slot& slot : slots_)
      if (slot.hash != kEmpty) use(slot.hash, slot.value);
  }

 private:
  struct Slot {
    uint64_t hash = kEmpty;
    Value value{};
  };
  static constexpr uint64_t kEmpty = 0;
  static constexpr size_t kFirstSlots = 64;  // a power of two

  bool is_kept(uint64_t hash) const { return dropped_bits_ == 0 || hash >> (64 - dropped_bits_) == 0; }

  /// Where the hash is, or the empty slot where it belongs. (Leading bits choose the sample, so the trailing
  /// ones choose the slot.)
  Slot& slot_of(uint64_t hash) {
    size_t place = hash & (slots_.size() - 1);
    while (slots_[place].hash != kEmpty && slots_[place].hash != hash)
      place = (place + 1) & (slots_.size() - 1);
    return slots_[place];
  }

  void make_room() {
    while (size_ >= most_) {
      ++dropped_bits_;
      rebuild(slots_.size());
    }
    if (3 * (size_ + 1) > 2 * slots_.size()) rebuild(2 * slots_.size());
  }

  void rebuild(size_t slots) {
    std::vector<Slot> old(slots);
    std::swap(old, slots_);
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.hash == kEmpty || !is_kept(slot.hash)) continue;
      slot_of(slot.hash) = std::move(slot);
      ++size_;
    }
  }

  size_t most_;
  size_t size_ = 0;
  int dropped_bits_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace angle
