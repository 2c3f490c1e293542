#include "angle/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "angle/error.h"

namespace angle {
namespace {

/// Whether the LibTorch in use has its CUDA libraries, GPU or not.
bool built_with_cuda() { return at::detail::getCUDAHooks().hasCUDART(); }

int64_t count_gpus() { return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; }

/// N of `cuda:N`, or -1.
int64_t gpu_index(const std::string& name) {
  const std::string digits = name.substr(5);
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos)
    return -1;
  return std::stoll(digits);
}

}  // namespace

bool is_device_name(const std::string& name) {
  return name == "auto" || name == "cpu" || name == "cuda" ||
         (name.starts_with("cuda:") && gpu_index(name) >= 0);
}

at::Device parse_device(const std::string& name, int64_t gpu) {
  if (!is_device_name(name)) fail("--device {}: no such device (expected auto, cpu, cuda or cuda:N)", name);
  if (name == "cpu" || (name == "auto" && count_gpus() == 0)) return at::kCPU;
  const int64_t index = name.starts_with("cuda:") ? gpu_index(name) : gpu;
  if (!built_with_cuda())
    fail(
        "--device {}: this program was built with a LibTorch without CUDA; build it with scripts/setup.sh "
        "--cuda, or use --device cpu",
        name);
  if (index >= count_gpus())
    fail("--device {}: this machine has {} usable GPUs; use --device cpu", name, count_gpus());
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

void make_current(at::Device device) {
  if (device.is_cuda()) c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
}

}  // namespace angle
