// The one name for tensors in this project.
#pragma once

#include <ATen/core/Tensor.h>

namespace angle {

using at::Tensor;

}  // namespace angle
