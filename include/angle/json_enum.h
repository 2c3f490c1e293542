// JSON names for enums, strictly: nlohmann's own macro turns an unknown name into the first enumerator.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

/// Maps an enum to JSON names and back; an unknown name throws and lists the allowed ones.
/// `json_names(value)` gives all values of the enum with their names.
///
///     enum class Pooling { cls, mean };
///     ANGLE_JSON_ENUM(Pooling, {{Pooling::cls, "cls"}, {Pooling::mean, "mean"}})
#define ANGLE_JSON_ENUM(Enum, ...)                                                                \
  inline std::vector<std::pair<Enum, const char*>> json_names(Enum) { return __VA_ARGS__; }       \
  inline void to_json(nlohmann::json& out, Enum value) {                                          \
    for (const auto& [candidate, name] : json_names(value))                                       \
      if (candidate == value) out = name;                                                         \
  }                                                                                               \
  inline void from_json(const nlohmann::json& in, Enum& value) {                                  \
    std::string allowed;                                                                          \
    for (const auto& [candidate, name] : json_names(value)) {                                     \
      if (in == name) {                                                                           \
        value = candidate;                                                                        \
        return;                                                                                   \
      }                                                                                           \
      allowed += (allowed.empty() ? "" : ", ") + std::string(name);                               \
    }                                                                                             \
    throw nlohmann::json::type_error::create(302, in.dump() + " is not one of: " + allowed, &in); \
  }
