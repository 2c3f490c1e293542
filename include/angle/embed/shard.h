// A part of an input, for jobs that share it among processes or machines.
#pragma once

#include <cstdint>
#include <string>

#include "angle/data/text_reader.h"

namespace angle {

/// Part `index` of `count`, counted from 1. The outputs of all parts, one after the other, are that of one
/// job for all: the same bytes, but for the header of npy, whose arrays are to be joined.
struct Shard {
  int64_t index = 1;
  int64_t count = 1;
};

/// "2/8": the second of eight. Error for anything else and for an index that is not from 1 to the count.
Shard parse_shard(const std::string& text);

/// Where a shard lies in its input.
struct ShardRange {
  int64_t first_text = 0;
  int64_t texts = 0;
};

/// Reads the whole input, to divide its texts: shards differ by one text at most. For encoders that give a
/// text the same vector in any batch (SentenceEncoder::is_batch_invariant).
ShardRange find_shard(TextReader& input, const Shard& shard);

/// The same for other encoders, whose vectors are to the bit those of one job only where windows (see
/// EmbedFileOptions) are embedded as a whole: divides the windows. Of fewer windows than shards some shards
/// get none.
ShardRange find_shard_of_windows(TextReader& input, const Shard& shard, int64_t window_texts,
                                 int64_t window_bytes);

}  // namespace angle
