// The number formats that a model computes with. Knows no torch.
#pragma once

#include "angle/json_enum.h"

namespace angle {

enum class Precision {
  float32,
  bfloat16,  // the encoder's layers; in training weights, norms, losses and the optimizer stay float32
  int8       // inputs and weights of linear layers; for embed and eval, not for training
};
ANGLE_JSON_ENUM(Precision, {{Precision::float32, "float32"},
                            {Precision::bfloat16, "bfloat16"},
                            {Precision::int8, "int8"}})

}  // namespace angle
