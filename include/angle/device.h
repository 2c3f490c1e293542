// Where tensors live, by the names of the command line.
#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

namespace angle {

/// Whether parse_device() knows the name, on some machine.
bool is_device_name(const std::string& name);

/// `auto` (a GPU when there is one, else the CPU), `cpu`, `cuda`, `cuda:N`.
///
/// Error for another name, and for a GPU that is not there or that this LibTorch was not built for.
///
/// @param gpu  the one that `auto` and `cuda` mean: of several processes on a machine each has its own
at::Device parse_device(const std::string& name, int64_t gpu = 0);

/// Makes a GPU the one that this thread's page-locked memory and streams belong to. Without this, every
/// process would take some memory of GPU 0, whichever it computes on.
void make_current(at::Device device);

}  // namespace angle
