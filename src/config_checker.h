// Compares a configuration with its schema. The schema is the default configuration as JSON, so it says keys
// and types; what defaults can't say is written as
//
//     [element]            an array whose elements are like this one
//     {"*": value}         an object with any keys, whose values are like this one
//     {"one of": [names]}  one of these strings
//     null                 anything
#pragma once

#include <string>
#include <vector>

#include "angle/io/json.h"

namespace angle {

/// Appends to `problems` every place where `given` departs from `schema`: `loss.seed: expected integer, found
/// "1"`.
void check_against_schema(const json& given, const json& schema, const std::string& path,
                          std::vector<std::string>& problems);

/// The schema of an enum: `{"one of": [its names]}`.
template <class Enum>
json one_of() {
  json names = json::array();
  for (const auto& [value, name] : json_names(Enum{})) names.push_back(name);
  return {{"one of", names}};
}

}  // namespace angle
