// Precompiled for every source that uses torch: LibTorch's headers cost seconds to parse. CLI11 stays out:
// its objects at namespace scope make every source that sees it compile half of the library.
#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>
