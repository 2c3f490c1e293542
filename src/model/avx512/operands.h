// bfloat16 matrices in the order in which products by AMX read them. Knows no torch.
//
// The right side of a product is panels of kAmxPanelColumns columns, [panels, words, kAmxPanelColumns]; a
// word is two elements that follow each other in the direction of the sum (kernels.h). Words are 16 at a time
// there, so sums over tokens go on to a multiple of kTokensAtOnce, through zeros.
#pragma once

#include <cstdint>

#include "model/avx512/kernels.h"

namespace angle::avx512 {

/// Tokens, rows and columns of a weight that are packed together.
constexpr int64_t kTokensAtOnce = 32;
constexpr int64_t kPackedBlock = kAmxPanelColumns;

/// Rounds a float32 weight [out, in], both multiples of kPackedBlock, for two products.
struct WeightPacking {
  const float* weight;
  int64_t out, in;
  int32_t* by_rows;     // for input · weightᵀ: [out / 32, in / 2, 32]
  int32_t* by_columns;  // for gradient · weight: [in / 32, out / 2, 32]
};

/// Blocks of rows `first` to `last` − 1.
void pack_weight(const WeightPacking& task, int64_t first, int64_t last);

/// Takes bfloat16 rows apart for a product whose sums go over the tokens.
struct TokenPacking {
  const uint16_t* rows;  // [tokens, columns]
  int64_t tokens, columns;
  int64_t words;  // of a column: tokens / 2, rounded up
  int32_t* to;
};

/// The left side of that product: the transposed matrix [columns, stride], and the sums of the columns.
struct TransposedTarget {
  int64_t stride;  // at least `words`
  float* sums;     // [columns]
};

/// Blocks of kPackedBlock columns, `first` to `last` − 1. Sums are in the order of the tokens.
void pack_left(const TokenPacking& task, const TransposedTarget& target, int64_t first, int64_t last);

/// The right side: panels `first` to `last` − 1.
void pack_right(const TokenPacking& task, int64_t first, int64_t last);

}  // namespace angle::avx512
