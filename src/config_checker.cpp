#include "config_checker.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "angle/suggest.h"

namespace angle {

namespace {

constexpr const char* kOneOf = "one of";
constexpr const char* kAnyKey = "*";

std::string kind(const json& value) { return value.is_number_integer() ? "integer" : value.type_name(); }

bool accepts(const json& schema, const json& given) {
  if (schema.is_number_float()) return given.is_number();
  return kind(schema) == kind(given);
}

bool is_one_of(const json& schema) { return schema.is_object() && schema.contains(kOneOf); }

/// The value as JSON, cut to what fits a message.
std::string show(const json& value) {
  constexpr size_t kBytes = 60;
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
  return text.size() <= kBytes ? text : text.substr(0, kBytes) + "…";
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

void check_name(const json& given, const std::vector<std::string>& names, const std::string& path,
                std::vector<std::string>& problems) {
  std::string allowed;
  for (const std::string& name : names) {
    if (given == name) return;
    allowed += (allowed.empty() ? "" : ", ") + name;
  }
  const std::string hint = given.is_string() ? suggestion(given.get<std::string>(), names) : "";
  problems.push_back(path + ": " + show(given) + " is not one of: " + allowed + hint);
}

void check_members(const json& given, const json& schema, const std::string& path,
                   std::vector<std::string>& problems) {
  for (const auto& [key, value] : given.items()) {
    const std::string child = path.empty() ? key : path + "." + key;
    if (schema.contains(key)) {
      check_against_schema(value, schema.at(key), child, problems);
    } else if (schema.contains(kAnyKey)) {
      check_against_schema(value, schema.at(kAnyKey), child, problems);
    } else {
      problems.push_back(child + ": unknown key" + suggestion(key, keys(schema)));
    }
  }
}

bool fits_int64(const json& given) {
  return !given.is_number_unsigned() ||
         given.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

}  // namespace

void check_against_schema(const json& given, const json& schema, const std::string& path,
                          std::vector<std::string>& problems) {
  if (schema.is_null()) return;
  if (is_one_of(schema)) {
    check_name(given, schema.at(kOneOf).get<std::vector<std::string>>(), path, problems);
  } else if (!accepts(schema, given)) {
    problems.push_back((path.empty() ? "the whole" : path) + ": expected " + kind(schema) + ", found " +
                       kind(given) + " " + show(given));
  } else if (schema.is_number_integer() && !fits_int64(given)) {
    problems.push_back(path + ": " + show(given) + " is too large");
  } else if (given.is_object()) {
    check_members(given, schema, path, problems);
  } else if (given.is_array()) {
    for (size_t i = 0; i < given.size(); ++i)
      check_against_schema(given[i], schema.at(0), path + "[" + std::to_string(i) + "]", problems);
  }
}

}  // namespace angle
