// From the host's memory to the device that needs it, without waiting for the device.
#pragma once

#include <cstdint>
#include <vector>

#include "angle/tensor.h"

namespace angle {

/// Memory of the host for what goes to a device or comes from it. For a GPU it is page-locked: only that can
/// be copied while the host goes on. LibTorch gives the memory out again only after its copies are done, so
/// it may be dropped at once.
///
/// @return  a CPU tensor, not initialised
Tensor host_memory(at::IntArrayRef sizes, at::ScalarType type, at::Device device);

/// The values on a device. The copy is queued there; nobody waits for it.
///
/// @return  [values] int64
Tensor to_device(const std::vector<int64_t>& values, at::Device device);

/// @return  [values] float64
Tensor to_device(const std::vector<double>& values, at::Device device);

}  // namespace angle
