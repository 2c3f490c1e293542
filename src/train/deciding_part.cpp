#include "angle/train/deciding_part.h"

namespace angle {

json deciding_part(const TrainConfig& config) {
  json part = config;
  part.erase("description");
  part.erase("checkpoint");
  part["train"].erase("saturation_every_steps");
  return part;
}

}  // namespace angle
