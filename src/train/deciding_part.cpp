#include "angle/train/deciding_part.h"

namespace angle {
namespace {

/// Keys that runs of earlier versions do not know, left out while they change nothing: such runs go on, and
/// are not trained again.
constexpr const char* kYounger[] = {"cosine_objective", "cosine_similarity", "regression_labels"};

}  // namespace

json deciding_part(const TrainConfig& config) {
  json part = config;
  part.erase("description");
  part.erase("checkpoint");
  part["train"].erase("saturation_every_steps");
  const json defaults = LossOptions{};
  for (const char* key : kYounger)
    if (part["loss"][key] == defaults[key]) part["loss"].erase(key);
  return part;
}

}  // namespace angle
