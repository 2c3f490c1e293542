#include "angle/eval/mean.h"

namespace angle {

std::optional<double> mean_of_all(std::span<const std::optional<double>> numbers) {
  double sum = 0;
  for (const auto& number : numbers) {
    if (!number) return std::nullopt;
    sum += *number;
  }
  return numbers.empty() ? std::nullopt : std::optional(sum / static_cast<double>(numbers.size()));
}

std::vector<double> mean_of_lists(std::span<const std::span<const double>> lists) {
  std::vector<double> mean(lists.empty() ? 0 : lists.front().size());
  for (const auto& list : lists) {
    if (list.size() != mean.size()) return {};
    for (size_t i = 0; i < list.size(); ++i) mean[i] += list[i] / static_cast<double>(lists.size());
  }
  return mean;
}

}  // namespace angle
