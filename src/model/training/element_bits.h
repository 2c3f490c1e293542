// Tensors of training as the kernels take them.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "angle/tensor.h"

namespace angle {

/// Calls `run` with a float, or for bfloat16 with a uint16_t: its bits.
template <class Run>
auto with_element_of(const Tensor& tensor, const Run& run) {
  return tensor.scalar_type() == at::kBFloat16 ? run(uint16_t{}) : run(float{});
}

/// Its memory, of elements as with_element_of() names them.
template <class T>
const T* elements_of(const Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}

template <class T>
T* mutable_elements_of(const Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

}  // namespace angle
