// Which runs are the same. Knows no torch.
#pragma once

#include "angle/config.h"

namespace angle {

/// The part of a configuration that decides the weights of every step: of two runs with the same one, on the
/// same model and data, one is enough.
json deciding_part(const TrainConfig& config);

}  // namespace angle
