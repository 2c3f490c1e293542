#include "config_checker.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "angle/excerpt.h"
#include "angle/suggest.h"

namespace angle {

namespace {

constexpr const char* kOneOf = "one of";
constexpr const char* kAnyKey = "*";
const json kNothing = json::value_t::discarded;

std::string kind(const json& value) { return value.is_number_integer() ? "integer" : value.type_name(); }

bool accepts(const json& schema, const json& given) {
  if (schema.is_number_float()) return given.is_number();
  return kind(schema) == kind(given);
}

bool is_one_of(const json& schema) { return schema.is_object() && schema.contains(kOneOf); }

constexpr size_t kBytes = 60;  // of a value, or of a path

/// The value as JSON, cut to what fits a message.
std::string show(const json& value) { return excerpt(value.dump(-1, ' ', /*ensure_ascii=*/true), kBytes); }

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// @return whether it is one of the names
bool check_name(const json& given, const std::vector<std::string>& names, const std::string& path,
                std::vector<std::string>& problems) {
  std::string allowed;
  for (const std::string& name : names) {
    if (given == name) return true;
    allowed += (allowed.empty() ? "" : ", ") + name;
  }
  const std::string hint = given.is_string() ? suggestion(given.get<std::string>(), names) : "";
  problems.push_back(path + ": " + show(given) + " is not one of: " + allowed + hint);
  return false;
}

/// The schema of a key; nothing for one that it does not have.
const json* schema_of(const std::string& key, const json& schema) {
  if (schema.contains(key)) return &schema.at(key);
  return schema.contains(kAnyKey) ? &schema.at(kAnyKey) : nullptr;
}

std::string child_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// Appends the paths of the keys of a name, in lists by their first element: `train.learning_rate`,
/// `data.train[0].weight`.
void find_paths(const std::string& name, const json& schema, const std::string& path,
                std::vector<std::string>& found) {
  if (schema.is_array() && !schema.empty()) find_paths(name, schema.at(0), path + "[0]", found);
  if (!schema.is_object() || is_one_of(schema)) return;
  for (const auto& [key, content] : schema.items()) {
    if (key == name)
      found.push_back(child_path(path, key));
    else if (key != kAnyKey)
      find_paths(name, content, child_path(path, key), found);
  }
}

/// What an unknown key may have been meant for: longer ones in its place (cosine_weight for weight) and ones
/// of its name elsewhere, if there is any below the same section only those; or else the nearest one in its
/// place.
///
/// @param path    of the object that has it
/// @param schema  of that object
/// @param whole   the schema of the configuration
std::string suggest_key(const std::string& key, const std::string& path, const json& schema,
                        const json& whole) {
  std::vector<std::string> paths;
  find_paths(key, whole, "", paths);
  const std::string section = path.substr(0, path.find_first_of(".[")) + ".";
  const auto is_elsewhere = [&](const std::string& found) { return !found.starts_with(section); };
  if (!std::all_of(paths.begin(), paths.end(), is_elsewhere)) std::erase_if(paths, is_elsewhere);
  std::vector<std::string> meant;
  for (const std::string& known : keys(schema))
    if (known.ends_with("_" + key)) meant.push_back(child_path(path, known));
  meant.insert(meant.end(), paths.begin(), paths.end());
  if (meant.empty()) return suggestion(key, keys(schema));
  return fmt::format("; did you mean \"{}\"?", fmt::join(meant, "\" or \""));
}

/// The comparison of one configuration.
struct Comparison {
  const json& whole;  // its schema
  std::vector<std::string>& problems;
};

json check_value(const json& given, const json& schema, const std::string& path,
                 const Comparison& comparison);

json check_members(const json& given, const json& schema, const std::string& path,
                   const Comparison& comparison) {
  json good = json::object();
  for (const auto& [key, value] : given.items()) {
    const std::string child = child_path(path, key);
    if (const json* expected = schema_of(key, schema)) {
      json part = check_value(value, *expected, child, comparison);
      if (!part.is_discarded()) good[key] = std::move(part);
    } else {
      comparison.problems.push_back(excerpt(child, kBytes) + ": unknown key" +
                                    suggest_key(key, path, schema, comparison.whole));
    }
  }
  return good;
}

json check_elements(const json& given, const json& schema, const std::string& path,
                    const Comparison& comparison) {
  json good = json::array();
  for (size_t i = 0; i < given.size(); ++i) {
    json part = check_value(given[i], schema, path + "[" + std::to_string(i) + "]", comparison);
    if (!part.is_discarded()) good.push_back(std::move(part));
  }
  return good.size() == given.size() ? good : kNothing;
}

bool fits_int64(const json& given) {
  return !given.is_number_unsigned() ||
         given.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

json check_value(const json& given, const json& schema, const std::string& path,
                 const Comparison& comparison) {
  std::vector<std::string>& problems = comparison.problems;
  if (schema.is_null()) return given;
  if (is_one_of(schema))
    return check_name(given, schema.at(kOneOf).get<std::vector<std::string>>(), path, problems) ? given
                                                                                                : kNothing;
  if (!accepts(schema, given)) {
    problems.push_back((path.empty() ? "the whole" : path) + ": expected " + kind(schema) + ", found " +
                       kind(given) + (given.is_null() ? "" : " " + show(given)));
    return kNothing;
  }
  if (schema.is_number_integer() && !fits_int64(given)) {
    problems.push_back(path + ": " + show(given) + " is too large");
    return kNothing;
  }
  if (given.is_object()) return check_members(given, schema, path, comparison);
  if (given.is_array()) return check_elements(given, schema.at(0), path, comparison);
  return given;
}

}  // namespace

json check_against_schema(const json& given, const json& schema, std::vector<std::string>& problems) {
  return check_value(given, schema, "", {schema, problems});
}

void refuse_problems(const std::string& source, const std::vector<std::string>& problems) {
  if (!problems.empty()) fail("{}:\n  {}", source, fmt::join(problems, "\n  "));
}

}  // namespace angle
