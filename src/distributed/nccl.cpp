#include "distributed/nccl.h"

#ifdef ANGLE_WITH_NCCL  // see cmake/LibTorch.cmake
// LibTorch's headers hide this class from programs that do not say that they have the library.
#define USE_C10D_NCCL
#include <cstdlib>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "angle/device.h"
#include "angle/error.h"

namespace angle {

#ifdef ANGLE_WITH_NCCL
namespace {

/// When another process fails, LibTorch's watchdog would end this one before it says why, and its heartbeat
/// monitor would kill it while it waits, or write records of what went on that nobody reads. ProcessGroup
/// finds out itself, and tells the reason.
void leave_failures_to_us() {
  for (const char* name :
       {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "TORCH_NCCL_RETHROW_CUDA_ERRORS", "TORCH_NCCL_ENABLE_MONITORING",
        "TORCH_NCCL_DUMP_ON_TIMEOUT", "TORCH_NCCL_TRACE_BUFFER_SIZE"})
    ::setenv(name, "0", /*overwrite=*/0);
}

}  // namespace

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& keys, int rank, int size,
                                            at::Device device, std::chrono::milliseconds timeout) {
  leave_failures_to_us();
  make_current(device);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  try {
    auto backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(keys, rank, size, options);
    backend->eagerConnectSingleDevice(device);
    return backend;
  } catch (const c10::Error& error) {
    fail("--device {}: the GPUs can't be connected: {}; every process needs one of its own", device.str(),
         error.what_without_backtrace());
  }
}

#else

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>&, int, int, at::Device,
                                            std::chrono::milliseconds) {
  fail(
      "this program was built without NCCL, which several GPUs exchange tensors with; build it with "
      "scripts/setup.sh --cuda, or use --device cpu");
}

#endif

}  // namespace angle
