// GELU as piecewise polynomials, for kernels/kernels.h.
#pragma once

#include "angle/model/encoder_config.h"

#include "model/kernels/kernels.h"

namespace angle {

/// @param activation  gelu or gelu_tanh
const kernels::GeluTable& gelu_table(Activation activation);

}  // namespace angle
