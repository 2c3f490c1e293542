// The check that every loss of pairs begins with.
#pragma once

#include <c10/util/Exception.h>

#include "angle/tensor.h"

namespace angle {

inline void check_sides(const char* function, const Tensor& left, const Tensor& right) {
  TORCH_CHECK(left.dim() == 2 && left.sizes() == right.sizes(), function, ": the two sides are ",
              left.sizes(), " and ", right.sizes(), "; both must be [pairs, hidden]");
}

}  // namespace angle
