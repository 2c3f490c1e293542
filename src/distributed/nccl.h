// NCCL: what carries tensors from GPU to GPU.
#pragma once

#include <chrono>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace angle {

/// Every process has a GPU of its own, that of the tensors it gives. The first exchange connects them.
///
/// Error where this program was built without NCCL.
///
/// @param timeout  after which an exchange fails
c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& keys, int rank, int size,
                                            std::chrono::milliseconds timeout);

}  // namespace angle
