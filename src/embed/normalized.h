// Vectors of length 1.
#pragma once

#include <ATen/ATen.h>

namespace angle {

/// Each row [rows, dims] by its length; rows of zeros stay zeros.
inline at::Tensor normalized(const at::Tensor& vectors) {
  return vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace angle
