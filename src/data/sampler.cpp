#include "angle/data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "angle/random.h"

namespace angle {

std::vector<int64_t> permutation(int64_t size, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  SplitMix64 random(derive_seed(seed, static_cast<uint64_t>(epoch)));
  for (size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

int64_t Sampler::Stream::row_at(int64_t position) {
  if (position / size != pass) {
    pass = position / size;
    order = permutation(size, seed, pass);
  }
  return order[static_cast<size_t>(position % size)];
}

Sampler::Sampler(std::vector<DataSetShare> shares, int64_t batch_size, uint64_t seed)
    : batch_size_(batch_size), order_seed_(derive_seed(seed, shares.size())) {
  if (batch_size < 1) throw std::invalid_argument("Sampler: a batch size < 1");
  for (const DataSetShare& share : shares) {
    if (share.size < 1 || !(share.weight >= 0))
      throw std::invalid_argument("Sampler: a size < 1 or a weight < 0");
    const int64_t rows = std::llround(share.weight * static_cast<double>(share.size));
    streams_.push_back({.size = share.size,
                        .rows_per_epoch = share.weight > 0 ? std::max(rows, int64_t{1}) : 0,
                        .seed = derive_seed(seed, streams_.size()),
                        .order = {}});
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
  Stream& stream = streams_[slot.data_set];
  const int64_t first = slot.index * batch_size_;
  const int64_t last = std::min(first + batch_size_, stream.rows_per_epoch);

  SampledBatch batch{slot.data_set, {}};
  for (int64_t row = first; row < last; ++row)
    batch.rows.push_back(stream.row_at(epoch * stream.rows_per_epoch + row));
  return batch;
}

}  // namespace angle
