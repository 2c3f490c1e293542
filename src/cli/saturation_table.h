// The table of `angle saturation`.
#pragma once

#include <string>

#include "angle/loss/options.h"
#include "angle/loss/saturation.h"

namespace angle::cli {

/// The shares above 0.8 and 0.95, and a row for each bin of cosines with its histogram and its gradients; `-`
/// for what is absent. Ends with a line end.
std::string format_saturation(const Saturation& saturation, const LossOptions& loss);

}  // namespace angle::cli
