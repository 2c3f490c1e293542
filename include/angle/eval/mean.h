// Means over tasks, where some may be missing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace angle {

/// The mean of numbers; empty when one is missing, or all.
std::optional<double> mean_of_all(std::span<const std::optional<double>> numbers);

/// The mean of lists of the same length, element by element; empty when one of them is, or of another length.
std::vector<double> mean_of_lists(std::span<const std::span<const double>> lists);

}  // namespace angle
