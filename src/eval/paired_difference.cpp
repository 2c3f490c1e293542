#include "eval/paired_difference.h"

#include <spdlog/fmt/fmt.h>

namespace angle {

std::vector<double> subtract(std::span<const double> values, std::span<const double> others) {
  std::vector<double> differences;
  if (values.size() != others.size()) return differences;
  for (size_t i = 0; i < values.size(); ++i) differences.push_back(values[i] - others[i]);
  return differences;
}

std::string show_p_value(double p_value) {
  return p_value < 0.0001 ? "< 0.0001" : fmt::format("{:.4f}", p_value);
}

Cells difference_cells(double difference, const std::optional<Interval>& interval,
                       const std::optional<double>& p_value) {
  return {fmt::format("{:+.2f}", 100.0 * difference),
          interval ? fmt::format("[{:+.2f} {:+.2f}]", 100.0 * interval->low, 100.0 * interval->high) : "n/a",
          p_value ? show_p_value(*p_value) : "n/a"};
}

nlohmann::json interval_json(const std::optional<Interval>& interval) {
  return interval ? nlohmann::json{interval->low, interval->high} : nlohmann::json();
}

}  // namespace angle
