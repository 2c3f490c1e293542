#include "distributed/nccl.h"

#ifdef ANGLE_WITH_NCCL  // see cmake/LibTorch.cmake
// LibTorch's headers hide this class from programs that do not say that they have the library.
#define USE_C10D_NCCL
#include <cstdlib>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "angle/error.h"

namespace angle {

#ifdef ANGLE_WITH_NCCL

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& keys, int rank, int size,
                                            std::chrono::milliseconds timeout) {
  // LibTorch would end the process from a thread of its own when another one fails: ours tells the reason
  // first.
  ::setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", /*overwrite=*/0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(keys, rank, size, options);
}

#else

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                            std::chrono::milliseconds) {
  fail(
      "this program was built without NCCL, which several GPUs exchange tensors with; build it with "
      "scripts/setup.sh --cuda, or use --device cpu");
}

#endif

}  // namespace angle
