// Texts that occur more than once in a batch: as negatives of each other they would teach the opposite of the
// truth.
//
// Texts are told apart by an identity: an integer that is equal for equal token ids (after truncation) and
// for no others. Policies: `none` leaves duplicates alone, `drop` leaves whole pairs out before the batch is
// encoded (here), `mask` and `positive` work inside the contrastive losses (loss/contrastive.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/tensor.h"

namespace angle {

/// Policy `drop`: the indices, ascending, of the pairs (or triplets) none of whose texts is in a kept pair
/// before them.
///
/// A pair of two equal texts stays: it repeats nothing but itself. A dropped pair does not stand in the way
/// of later ones: its texts are not in the batch. (angle_emb's `filter_duplicate` differs in both.) The first
/// pair always stays, so a batch never becomes empty; it does become smaller, and the caller refills it.
///
/// @param texts  for each pair the identities of its texts
std::vector<int64_t> pairs_to_keep(std::span<const std::vector<int64_t>> texts);

/// How many texts repeat an earlier one: texts minus distinct texts.
///
/// @param identities  [texts] int64
/// @return            [] int64, on the device of the identities
Tensor count_duplicates(const Tensor& identities);

}  // namespace angle
