// What carries tensors from process to process.
#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "angle/distributed/launch_environment.h"

#include "distributed/key_store.h"

namespace angle {

/// Gloo between CPUs, NCCL between GPUs. Waits for all processes, for ever for one that has died.
///
/// Error when some are on GPUs and others are not, and as make_nccl().
c10::intrusive_ptr<c10d::Backend> make_backend(const KeyStore& store, const LaunchEnvironment& environment,
                                               at::Device device);

}  // namespace angle
