// The names that the losses of a validation have in configurations and logs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// `val_loss` and one for each term of it: `val_loss_cosine`, `val_loss_in_batch`, `val_loss_angle`.
const std::vector<std::string>& validation_losses();

/// Whether a number of a validation is a loss, by its name. Scores have their task before them, whatever that
/// is called: `val_loss.tsv/cosine_spearman`.
bool is_validation_loss(std::string_view name);

}  // namespace angle
