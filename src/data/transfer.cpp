#include "angle/data/transfer.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace angle {
namespace {

template <class Value>
Tensor copy_to_device(const std::vector<Value>& values, at::ScalarType type, at::Device device) {
  const Tensor host = host_memory({static_cast<int64_t>(values.size())}, type, device);
  std::copy(values.begin(), values.end(), host.mutable_data_ptr<Value>());
  return host.to(device, type, /*non_blocking=*/true);
}

}  // namespace

Tensor host_memory(at::IntArrayRef sizes, at::ScalarType type, at::Device device) {
  return at::empty(sizes, at::TensorOptions(type).pinned_memory(device.is_cuda()));
}

Tensor to_device(const std::vector<int64_t>& values, at::Device device) {
  return copy_to_device(values, at::kLong, device);
}

Tensor to_device(const std::vector<double>& values, at::Device device) {
  return copy_to_device(values, at::kDouble, device);
}

}  // namespace angle
