// What carries tensors from process to process.
#pragma once

#include <chrono>

#include <c10/core/Device.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "angle/distributed/launch_environment.h"

#include "distributed/key_store.h"

namespace angle {

/// Gloo between CPUs, NCCL between GPUs; Error as make_nccl(). All processes have joined already, so that
/// connecting takes no time.
c10::intrusive_ptr<c10d::Backend> make_backend(const KeyStore& store, const LaunchEnvironment& environment,
                                               at::Device device);

}  // namespace angle
