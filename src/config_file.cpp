#include "config_file.h"

#include <algorithm>
#include <array>
#include <vector>

#include "angle/error.h"
#include "angle/io/file.h"

namespace angle {

namespace {

constexpr auto kObject = json::value_t::object, kArray = json::value_t::array;

struct TypedKey {
  const char* key;
  json::value_t type;  // of its value
};

struct KindInfo {
  ConfigKind kind;
  const char* name;
  const char* command;         // that reads it
  const char* folder;          // that has those of the project
  std::vector<TypedKey> keys;  // any of which tells the kind
};

/// In the order of ConfigKind.
const std::array<KindInfo, 3> kKinds = {
    {{ConfigKind::training,
      "a training configuration",
      "train",
      "configs",
      {{"data", kObject}, {"train", kObject}, {"loss", kObject}}},
     {ConfigKind::study, "a study", "study", "configs/studies", {{"rows", kArray}}},
     {ConfigKind::annotation,
      "a configuration of angle annotate",
      "annotate",
      "configs/annotate",
      {{"annotators", kArray}, {"endpoints", kObject}}}}};

const KindInfo& kind_info(ConfigKind kind) { return kKinds.at(static_cast<size_t>(kind)); }

bool has_key_of(const KindInfo& kind, const json& given) {
  return std::any_of(kind.keys.begin(), kind.keys.end(), [&](const TypedKey& expected) {
    const auto found = given.find(expected.key);
    return found != given.end() && found->type() == expected.type;
  });
}

/// Nothing for keys of no kind or of several: one that is misspelt may be a key of another kind.
const KindInfo* find_kind(const json& given) {
  const KindInfo* found = nullptr;
  for (const KindInfo& kind : kKinds) {
    if (!has_key_of(kind, given)) continue;
    if (found != nullptr) return nullptr;
    found = &kind;
  }
  return found;
}

/// Error for a file of another kind than the expected one.
void refuse_other_kind(const json& given, ConfigKind expected, const std::string& source) {
  const KindInfo* found = find_kind(given);
  if (found == nullptr || found->kind == expected) return;
  fail("{}: this is {}, expected {}; use `angle {} --config {}`", source, found->name,
       kind_info(expected).name, found->command, source == "<stdin>" ? "-" : source);
}

void refuse_missing_config(const std::filesystem::path& path, ConfigKind expected) {
  if (path == "-" || std::filesystem::exists(path)) return;
  std::filesystem::path name = path;
  name += name.extension() == ".json" ? "" : ".json";
  for (const auto& meant : {name, kind_info(expected).folder / name})
    if (std::filesystem::exists(meant))
      fail("{}: no such file; did you mean {}?", path.string(), meant.string());
  fail("{}: no such file", path.string());
}

}  // namespace

ConfigFile read_config_file(const std::filesystem::path& path, ConfigKind expected) {
  refuse_missing_config(path, expected);
  ConfigFile file{.content = read_json(path),
                  .source = path == "-" ? "<stdin>" : path.string(),
                  .directory = directory_of(path)};
  refuse_other_kind(file.content, expected, file.source);
  return file;
}

}  // namespace angle
