// GELU as piecewise polynomials, for avx512/kernels.h.
#pragma once

#include "angle/model/encoder_config.h"

#include "model/avx512/kernels.h"

namespace angle {

/// @param activation  gelu or gelu_tanh
const avx512::GeluTable& gelu_table(Activation activation);

}  // namespace angle
