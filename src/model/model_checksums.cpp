#include "angle/model/model_checksums.h"

#include <algorithm>
#include <array>

namespace angle {
namespace {

namespace fs = std::filesystem;

bool matters(const fs::path& file) {
  static const std::array<fs::path, 4> extensions = {".safetensors", ".json", ".txt", ".model"};
  return std::find(extensions.begin(), extensions.end(), file.extension()) != extensions.end();
}

bool is_of_a_run(const fs::path& folder) {
  return folder.filename() == "checkpoints" || fs::exists(folder / "checkpoints");
}

}  // namespace

json model_checksums(const fs::path& directory,
                     const std::function<std::string(const fs::path&)>& checksum_of) {
  json checksums = json::object();
  for (fs::recursive_directory_iterator entry(directory), end; entry != end; ++entry) {
    if (entry->is_directory() && is_of_a_run(entry->path())) entry.disable_recursion_pending();
    if (entry->is_regular_file() && matters(entry->path()))
      checksums[fs::relative(entry->path(), directory).string()] = checksum_of(entry->path());
  }
  return checksums;
}

}  // namespace angle
