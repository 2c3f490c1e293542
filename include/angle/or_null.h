// Values that there may be none of, in JSON.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace angle {

template <typename Value>
nlohmann::json or_null(const std::optional<Value>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

}  // namespace angle
