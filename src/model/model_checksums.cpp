#include "angle/model/model_checksums.h"

#include <set>

#include "model/model_files.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// Weights may be in several files of any name.
bool matters(const std::string& name) {
  return is_model_file(name) || name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
}

/// The directory itself and the folders of its modules, as far as modules.json can be read.
std::set<fs::path> folders_of(const fs::path& directory) {
  std::set<fs::path> folders = {directory};
  if (!fs::exists(directory / "modules.json")) return folders;
  const json modules = read_json(directory / "modules.json");
  for (const json& module : modules)
    if (module.is_object() && module.contains("path") && module["path"].is_string())
      folders.insert((directory / module["path"].get<std::string>() / "").parent_path());
  return folders;
}

}  // namespace

json model_checksums(const fs::path& directory,
                     const std::function<std::string(const fs::path&)>& checksum_of) {
  json checksums = json::object();
  for (const fs::path& folder : folders_of(directory)) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file() && matters(entry.path().filename().string()))
        checksums[fs::relative(entry.path(), directory).string()] = checksum_of(entry.path());
  }
  return checksums;
}

}  // namespace angle
