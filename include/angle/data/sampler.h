// Which rows make which batch: a pure function of the seed and the number of the batch, the same on every
// machine, so that the position in a training run is one integer and resuming is exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace angle {

/// The numbers 0 … size − 1 in random order: a Fisher-Yates shuffle (Durstenfeld, CACM 1964) with SplitMix64
/// (Steele, Lea & Flood, OOPSLA 2014) as the source, started from seed and epoch. std::shuffle and the
/// standard distributions differ from library to library.
std::vector<int64_t> permutation(int64_t size, uint64_t seed, int64_t epoch);

/// One data set of a training run.
struct DataSetShare {
  int64_t size = 0;     // rows
  double weight = 1.0;  // share of its rows per epoch; 0.5: half, the other half in the next; 2: each twice
};

/// Rows of one data set: formats differ, so a batch never mixes two.
struct SampledBatch {
  size_t data_set = 0;
  std::vector<int64_t> rows;
  int64_t left_out = 0;  // rows that found no place in this or the batches before it, because of equal texts
};

/// For each of the rows of a data set numbers that are equal for equal texts.
using TextsOfRows =
    std::function<std::vector<std::vector<uint64_t>>(size_t data_set, std::span<const int64_t> rows)>;

/// Draws batches from several data sets. An epoch holds round(weight · size) rows of each, at least one where
/// the weight is positive. A data set goes through all its rows, newly shuffled, before any row comes again,
/// across the ends of epochs; only there a batch may be smaller than the others. The order of data sets
/// within an epoch is random. More than a million rows are shuffled by a cipher, which takes no memory.
///
/// With TextsOfRows no batch has two rows with an equal text: the rows of every sixteen batches of a data set
/// are exchanged among these (distinct_batches.h), so that they stay full, and a batch is still a function of
/// its number alone. Rows that fit into none of the sixteen are left out and counted.
class Sampler {
 public:
  /// @param shares  at least one with a positive weight; sizes ≥ 1, weights ≥ 0
  /// @param texts   empty: rows are not looked at
  Sampler(const std::vector<DataSetShare>& shares, int64_t batch_size, uint64_t seed, TextsOfRows texts = {});

  int64_t batches_per_epoch() const { return batches_per_epoch_; }

  /// The batch with that number, counted from 0 over all epochs. Fast when numbers ascend (shuffles are kept,
  /// so one Sampler is not for several threads); the result does not depend on earlier calls.
  SampledBatch batch(int64_t number) const;

 private:
  /// A data set's place in the endless row of its shuffled passes.
  struct Stream {
    int64_t size;            // rows of the data set
    int64_t rows_per_epoch;  // taken from the stream
    uint64_t seed;
    int64_t pass = -1;  // the one whose order is kept
    std::vector<int64_t> order;
    int64_t window_epoch = -1, window = -1;  // of the batches that are kept
    std::vector<SampledBatch> window_batches;

    int64_t row_at(int64_t position);
  };

  /// A batch of an epoch: the index-th one of a data set.
  struct Slot {
    size_t data_set;
    int64_t index;
  };

  int64_t batches_of(const Stream& stream) const;
  std::vector<int64_t> rows_of(Stream& stream, int64_t epoch, int64_t index) const;
  SampledBatch distinct_batch(int64_t epoch, const Slot& slot) const;
  std::vector<SampledBatch> arrange_window(size_t data_set, int64_t epoch, int64_t window) const;
  std::vector<Slot> arrange_epoch(int64_t epoch) const;

  int64_t batch_size_;
  uint64_t order_seed_;
  TextsOfRows texts_;
  int64_t batches_per_epoch_ = 0;
  mutable std::vector<Stream> streams_;
  mutable int64_t epoch_ = -1;  // the one whose slots are kept
  mutable std::vector<Slot> slots_;
};

}  // namespace angle
