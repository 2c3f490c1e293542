#include "angle/validation_loss.h"

#include <algorithm>

namespace angle {

const std::vector<std::string>& validation_losses() {
  static const std::vector<std::string> names = {"val_loss", "val_loss_cosine", "val_loss_in_batch",
                                                 "val_loss_angle"};
  return names;
}

bool is_validation_loss(std::string_view name) {
  const auto& losses = validation_losses();
  return std::find(losses.begin(), losses.end(), name) != losses.end();
}

}  // namespace angle
