// NCCL: what carries tensors from GPU to GPU.
#pragma once

#include <chrono>

#include <c10/core/Device.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace angle {

/// Connects the GPUs: waits until all processes have called it.
///
/// Error where this program was built without NCCL, and when the GPUs can't be connected, as when two
/// processes have the same one.
///
/// @param device   this process's GPU, that of the tensors it gives
/// @param timeout  after which an exchange fails
c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& keys, int rank, int size,
                                            at::Device device, std::chrono::milliseconds timeout);

}  // namespace angle
