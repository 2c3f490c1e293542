// bfloat16 matrices in the order in which the products of kernels.h read them. Knows no torch.
//
// The right side of a product is panels, [panels, words, columns of a panel]; a word is two elements that
// follow each other in the direction of the sum. AMX takes 16 words at a time, so sums over tokens go on to a
// multiple of kTokensAtOnce, through zeros.
#pragma once

#include <cstdint>

#include "model/kernels/kernels.h"

namespace angle::kernels {

/// Tokens, rows and columns that are packed together: two vectors of words.
constexpr int64_t kTokensAtOnce = 32;
constexpr int64_t kPackedBlock = 32;
static_assert(kAvx512PanelColumns % kPackedBlock == 0 && kAmxPanelColumns % kPackedBlock == 0);

/// Rounds a float32 weight [out, in], both multiples of `panel_columns`.
struct WeightPacking {
  const float* weight;
  int64_t out, in;
  int64_t panel_columns;
  int32_t* to;
};

/// The right side of input · weightᵀ, [out / panel_columns, in / 2, panel_columns]: of blocks of
/// kPackedBlock rows of the weight, `first` to `last` − 1.
void pack_forward_weight(const WeightPacking& task, int64_t first, int64_t last);

/// The right side of gradient · weight, [in / panel_columns, out / 2, panel_columns]: of blocks of its
/// columns.
void pack_backward_weight(const WeightPacking& task, int64_t first, int64_t last);

/// Takes bfloat16 rows apart for a product whose sums go over the tokens.
struct TokenPacking {
  const uint16_t* rows;  // [tokens, columns]
  int64_t tokens, columns;
  int64_t words;  // of a column, a multiple of kTokensAtOnce / 2 that takes all tokens
  int32_t* to;
};

/// The left side of that product: the transposed matrix [columns, stride], and the sums of the columns.
struct TransposedTarget {
  int64_t stride;  // at least `words`
  float* sums;     // [columns]
};

/// Blocks of kPackedBlock columns, `first` to `last` − 1. Sums are in the order of the tokens.
void pack_left(const TokenPacking& task, const TransposedTarget& target, int64_t first, int64_t last);

/// The right side, of panels of so many columns.
void pack_right(const TokenPacking& task, int64_t panel_columns, int64_t first, int64_t last);

}  // namespace angle::kernels
