// How much was not used, by reason, as messages and reports tell it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "angle/io/json.h"

namespace angle {

/// `12 copy, 3 duplicate`, or `none`.
template <class Reason>
std::string describe_counts(const std::map<Reason, int64_t>& counts) {
  std::string text;
  for (const auto& [reason, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, json(reason).template get<std::string>());
  return text.empty() ? "none" : text;
}

}  // namespace angle
