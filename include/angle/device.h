// Where tensors live, by the names of the command line.
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace angle {

/// `auto` (the first GPU when there is one, else the CPU), `cpu`, `cuda`, `cuda:N`.
///
/// Error for another name, and for a GPU that is not there or that this LibTorch was not built for.
at::Device parse_device(const std::string& name);

}  // namespace angle
