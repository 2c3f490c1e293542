// A part of an input, for jobs that share it among processes or machines.
#pragma once

#include <cstdint>
#include <string>

#include "angle/data/text_reader.h"

namespace angle {

/// Part `index` of `count`, counted from 1. The outputs of all parts, one after the other, are that of one
/// job for all: the same bytes, but for the header of npy, whose arrays are to be joined, and for the last
/// bits of encoders whose vectors depend on their batch (SentenceEncoder::is_batch_invariant).
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

/// Reads the whole input, to divide its texts: shards differ by one text at most. Where they begin depends on
/// nothing else, so jobs on machines of different kinds lose no text and have none twice.
ShardRange find_shard(TextReader& input, const Shard& shard);

}  // namespace angle
