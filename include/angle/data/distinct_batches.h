// Batches without two equal texts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace angle {

/// Spreads rows over batches so that no batch has a text in two of its rows. Each row goes into the first
/// batch that has room and none of its texts; a row for which there is none changes places with one of
/// another batch where that helps, and else is left out. A row may repeat a text within itself.
///
/// @param texts  for each row numbers that are equal for equal texts
/// @param sizes  of the batches; together as many as there are rows
/// @return       for each batch the indices of its rows. Every batch has at least one when every size is.
std::vector<std::vector<int64_t>> distinct_batches(std::span<const std::vector<uint64_t>> texts,
                                                   std::span<const int64_t> sizes);

}  // namespace angle
