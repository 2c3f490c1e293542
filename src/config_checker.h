// Compares a configuration with its schema. The schema is the default configuration as JSON, so it says keys
// and types; what defaults can't say is written as
//
//     [element]            an array whose elements are like this one
//     {"*": value}         an object with any keys, whose values are like this one
//     {"one of": [names]}  one of these strings
//     null                 anything
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {

/// Appends to `problems` every place where `given` departs from `schema`: `loss.seed: expected integer, found
/// "1"`.
///
/// @return what is as it should be; a list with a bad element is left out, and discarded stands for nothing
json check_against_schema(const json& given, const json& schema, std::vector<std::string>& problems);

/// Error with all that is wrong with a configuration, a line each, if anything is.
///
/// @param source  the path of its file, or `<stdin>`
void refuse_problems(const std::string& source, const std::vector<std::string>& problems);

/// The schema of an enum: `{"one of": [its names]}`.
template <class Enum>
json one_of() {
  json names = json::array();
  for (const auto& [value, name] : json_names(Enum{})) names.push_back(name);
  return {{"one of", names}};
}

/// What the rules of a configuration as a whole have in common: they collect all that is wrong.
class ConfigRules {
 protected:
  template <typename... Args>
  void require(bool good, fmt::format_string<Args...> format, Args&&... args) {
    if (!good) problems_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  /// Does a check that throws; the Error is a problem like others.
  ///
  /// @return whether it passed
  template <class Check>
  bool collect(const Check& check) {
    try {
      check();
      return true;
    } catch (const Error& error) {
      problems_.emplace_back(error.what());
      return false;
    }
  }

  /// Whether it is [lowest, highest].
  static bool is_scale(const std::vector<double>& ends) { return ends.size() == 2 && ends[0] < ends[1]; }

  template <class Number>
  void require_range(Number value, Number least, Number most, const std::string& path) {
    require(value >= least && value <= most, "{}: {}, expected {} to {}", path, value, least, most);
  }

  std::vector<std::string> problems_;
};

}  // namespace angle
