// A weight in the order in which the products of kernels/kernels.h read it: its rows are columns of panels.
#pragma once

#include <cstdint>

#include "angle/tensor.h"

namespace angle {

/// Word by word, those of `panel_columns` rows side by side; columns beyond the last row are zero. For CPUs
/// with AVX2.
///
/// @param rows  [columns, in], of elements of 1, 2 or 4 bytes; a row is a whole number of 32-bit words
/// @return      int32 [panels, words, panel_columns], see LinearTask
Tensor pack_panels(const Tensor& rows, int64_t panel_columns);

}  // namespace angle
