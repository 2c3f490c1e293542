#include "angle/data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "angle/data/distinct_batches.h"
#include "angle/random.h"

#include "data/cipher_permutation.h"

namespace angle {

namespace {

constexpr int64_t kMostInMemory = int64_t{1} << 20;  // rows of a shuffle that is kept
constexpr int64_t kWindow = 16;  // batches among which rows with equal texts are exchanged

}  // namespace

std::vector<int64_t> permutation(int64_t size, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  SplitMix64 random(derive_seed(seed, static_cast<uint64_t>(epoch)));
  for (size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

int64_t Sampler::Stream::row_at(int64_t position) {
  if (size > kMostInMemory)
    return CipherPermutation(size,
                             derive_seed(seed, static_cast<uint64_t>(position / size)))(position % size);
  if (position / size != pass) {
    pass = position / size;
    order = permutation(size, seed, pass);
  }
  return order[static_cast<size_t>(position % size)];
}

Sampler::Sampler(const std::vector<DataSetShare>& shares, int64_t batch_size, uint64_t seed,
                 TextsOfRows texts)
    : batch_size_(batch_size), order_seed_(derive_seed(seed, shares.size())), texts_(std::move(texts)) {
  if (batch_size < 1) throw std::invalid_argument("Sampler: a batch size < 1");
  for (const DataSetShare& share : shares) {
    if (share.size < 1 || !(share.weight >= 0))
      throw std::invalid_argument("Sampler: a size < 1 or a weight < 0");
    const int64_t rows = std::llround(share.weight * static_cast<double>(share.size));
    streams_.push_back({.size = share.size,
                        .rows_per_epoch = share.weight > 0 ? std::max(rows, int64_t{1}) : 0,
                        .seed = derive_seed(seed, streams_.size()),
                        .order = {},
                        .window_batches = {}});
    batches_per_epoch_ += batches_of(streams_.back());
  }
  if (batches_per_epoch_ == 0) throw std::invalid_argument("Sampler: no batches");
}

int64_t Sampler::batches_of(const Stream& stream) const {
  return (stream.rows_per_epoch + batch_size_ - 1) / batch_size_;
}

std::vector<Sampler::Slot> Sampler::arrange_epoch(int64_t epoch) const {
  std::vector<size_t> data_sets;  // one entry per batch
  for (size_t i = 0; i < streams_.size(); ++i)
    data_sets.insert(data_sets.end(), static_cast<size_t>(batches_of(streams_[i])), i);

  std::vector<Slot> slots;
  std::vector<int64_t> batches_so_far(streams_.size());
  for (const int64_t chosen : permutation(batches_per_epoch_, order_seed_, epoch)) {
    const size_t data_set = data_sets[static_cast<size_t>(chosen)];
    slots.push_back({data_set, batches_so_far[data_set]++});
  }
  return slots;
}

SampledBatch Sampler::batch(int64_t number) const {
  const int64_t epoch = number / batches_per_epoch_;
  if (epoch != epoch_) {
    slots_ = arrange_epoch(epoch);
    epoch_ = epoch;
  }
  const Slot slot = slots_[static_cast<size_t>(number % batches_per_epoch_)];
  if (texts_) return distinct_batch(epoch, slot);
  return {slot.data_set, rows_of(streams_[slot.data_set], epoch, slot.index)};
}

std::vector<int64_t> Sampler::rows_of(Stream& stream, int64_t epoch, int64_t index) const {
  const int64_t first = index * batch_size_;
  const int64_t last = std::min(first + batch_size_, stream.rows_per_epoch);
  std::vector<int64_t> rows;
  for (int64_t row = first; row < last; ++row)
    rows.push_back(stream.row_at(epoch * stream.rows_per_epoch + row));
  return rows;
}

SampledBatch Sampler::distinct_batch(int64_t epoch, const Slot& slot) const {
  Stream& stream = streams_[slot.data_set];
  const int64_t window = slot.index / kWindow;
  if (epoch != stream.window_epoch || window != stream.window) {
    stream.window_batches = arrange_window(slot.data_set, epoch, window);
    stream.window_epoch = epoch;
    stream.window = window;
  }
  return stream.window_batches[static_cast<size_t>(slot.index % kWindow)];
}

std::vector<SampledBatch> Sampler::arrange_window(size_t data_set, int64_t epoch, int64_t window) const {
  Stream& stream = streams_[data_set];
  std::vector<int64_t> rows, sizes;
  const int64_t end = std::min((window + 1) * kWindow, batches_of(stream));
  for (int64_t index = window * kWindow; index < end; ++index) {
    const std::vector<int64_t> batch = rows_of(stream, epoch, index);
    rows.insert(rows.end(), batch.begin(), batch.end());
    sizes.push_back(static_cast<int64_t>(batch.size()));
  }
  std::vector<SampledBatch> batches;
  auto left_out = static_cast<int64_t>(rows.size());
  for (const auto& places : distinct_batches(texts_(data_set, rows), sizes)) {
    batches.push_back({.data_set = data_set, .rows = {}});
    for (const int64_t place : places) batches.back().rows.push_back(rows[static_cast<size_t>(place)]);
    left_out -= static_cast<int64_t>(places.size());
  }
  batches.back().left_out = left_out;
  return batches;
}

}  // namespace angle
