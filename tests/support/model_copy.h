// A copy of a golden model that a test may change.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "angle/io/json.h"

#include "support/golden.h"
#include "support/temp_dir.h"

namespace angle::testing {

class ModelCopy {
 public:
  explicit ModelCopy(const std::string& name = "tiny-bert") {
    namespace fs = std::filesystem;
    fs::copy(golden_path("models/" + name), path(), fs::copy_options::recursive);
    fs::remove(path() / "expected.safetensors");
  }

  const std::filesystem::path& path() const { return directory_.path(); }

  void write(const std::string& file, std::string_view content) const { directory_.file(file, content); }
  void write_json(const std::string& file, const json& content) const { write(file, content.dump()); }
  void remove(const std::string& file) const { std::filesystem::remove_all(path() / file); }

  /// Changes a JSON file.
  void edit(const std::string& file, const std::function<void(json&)>& change) const {
    json content = read_json(path() / file);
    change(content);
    write_json(file, content);
  }

 private:
  TempDir directory_;
};

}  // namespace angle::testing
