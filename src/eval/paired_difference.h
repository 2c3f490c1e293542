// What is shown of the difference of two scores of the same items: both comparisons, of models and of ways to
// read long texts, have these parts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/bootstrap.h"

#include "eval/table.h"

namespace angle {

/// One minus the other, resample by resample; none unless both have as many.
std::vector<double> subtract(std::span<const double> values, std::span<const double> others);

/// `0.0120`, and `< 0.0001` for what four decimals can't show.
std::string show_p_value(double p_value);

/// `+1.25`, `[+0.30 +2.10]`, `0.0120`: the difference and its interval × 100, and its p-value.
Cells difference_cells(double difference, const std::optional<Interval>& interval,
                       const std::optional<double>& p_value);

/// [low, high], or null.
nlohmann::json interval_json(const std::optional<Interval>& interval);

}  // namespace angle
