#include "angle/data/distinct_batches.h"

#include <algorithm>
#include <unordered_set>

namespace angle {

namespace {

using Texts = std::vector<uint64_t>;

class Batch {
 public:
  explicit Batch(int64_t size) : size_(static_cast<size_t>(size)) {}

  bool has_room() const { return rows_.size() < size_; }
  const std::vector<int64_t>& rows() const { return rows_; }

  bool has_any(const Texts& texts) const {
    return std::any_of(texts.begin(), texts.end(), [this](uint64_t text) { return texts_.contains(text); });
  }

  void add(int64_t row, const Texts& texts) {
    rows_.push_back(row);
    texts_.insert(texts.begin(), texts.end());
  }

  void replace(size_t place, const Texts& old_texts, int64_t row, const Texts& texts) {
    for (const uint64_t text : old_texts) texts_.erase(text);
    texts_.insert(texts.begin(), texts.end());
    rows_[place] = row;
  }

 private:
  size_t size_;
  std::vector<int64_t> rows_;
  std::unordered_set<uint64_t> texts_;
};

class Distribution {
 public:
  Distribution(std::span<const Texts> texts, std::span<const int64_t> sizes)
      : texts_(texts), batches_(sizes.begin(), sizes.end()) {}

  bool place(int64_t row) {
    while (first_open_ < batches_.size() && !batches_[first_open_].has_room()) ++first_open_;
    for (size_t i = first_open_; i < batches_.size(); ++i) {
      if (!batches_[i].has_room() || batches_[i].has_any(texts_of(row))) continue;
      batches_[i].add(row, texts_of(row));
      return true;
    }
    return false;
  }

  /// Puts the row in the place of another one that fits into a batch with room.
  bool exchange(int64_t row) {
    for (Batch& open : batches_) {
      if (!open.has_room()) continue;
      for (Batch& other : batches_)
        if (&other != &open && !other.has_any(texts_of(row)) && move_one(other, open, row)) return true;
    }
    return false;
  }

  std::vector<std::vector<int64_t>> rows() const {
    std::vector<std::vector<int64_t>> rows;
    for (const Batch& batch : batches_) rows.push_back(batch.rows());
    return rows;
  }

 private:
  const Texts& texts_of(int64_t row) const { return texts_[static_cast<size_t>(row)]; }

  /// Moves a row from one batch to another and puts `row` in its place.
  bool move_one(Batch& from, Batch& to, int64_t row) {
    for (size_t place = 0; place < from.rows().size(); ++place) {
      const int64_t moved = from.rows()[place];
      if (to.has_any(texts_of(moved))) continue;
      to.add(moved, texts_of(moved));
      from.replace(place, texts_of(moved), row, texts_of(row));
      return true;
    }
    return false;
  }

  std::span<const Texts> texts_;
  std::vector<Batch> batches_;
  size_t first_open_ = 0;
};

}  // namespace

std::vector<std::vector<int64_t>> distinct_batches(std::span<const Texts> texts,
                                                   std::span<const int64_t> sizes) {
  Distribution distribution(texts, sizes);
  std::vector<int64_t> waiting;
  for (size_t row = 0; row < texts.size(); ++row)
    if (!distribution.place(static_cast<int64_t>(row))) waiting.push_back(static_cast<int64_t>(row));
  for (const int64_t row : waiting) distribution.exchange(row);
  return distribution.rows();
}

}  // namespace angle
