#include "config_kind.h"

#include <optional>

#include "angle/error.h"

namespace angle {

namespace {

bool has(const json& given, const char* key, json::value_t type) {
  const auto found = given.find(key);
  return found != given.end() && found->type() == type;
}

/// Nothing for keys of no kind or of several: one that is misspelt may be a key of another kind.
std::optional<ConfigKind> kind_of(const json& given) {
  if (!given.is_object()) return std::nullopt;
  const auto object = json::value_t::object, array = json::value_t::array;
  const bool training =
      has(given, "data", object) || has(given, "train", object) || has(given, "loss", object);
  const bool study = has(given, "rows", array);
  const bool annotation = has(given, "annotators", array) || has(given, "endpoints", object);
  if (training + study + annotation != 1) return std::nullopt;
  if (training) return ConfigKind::training;
  return study ? ConfigKind::study : ConfigKind::annotation;
}

const char* name_of(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::training:
      return "a training configuration";
    case ConfigKind::study:
      return "a study";
    case ConfigKind::annotation:
      return "a configuration of angle annotate";
  }
  return "";
}

const char* command_of(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::training:
      return "train";
    case ConfigKind::study:
      return "study";
    case ConfigKind::annotation:
      return "annotate";
  }
  return "";
}

}  // namespace

void refuse_other_kind(const json& given, ConfigKind expected, const std::string& source) {
  const auto kind = kind_of(given);
  if (!kind || *kind == expected) return;
  fail("{}: this is {}, expected {}; use `angle {} --config {}`", source, name_of(*kind), name_of(expected),
       command_of(*kind), source == "<stdin>" ? "-" : source);
}

}  // namespace angle
