#include "angle/annotate/annotate_output.h"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

#include "angle/annotate/ensemble.h"
#include "angle/error.h"
#include "angle/io/json.h"
#include "angle/io/line_reader.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

bool is_training_set(const fs::path& file) {
  LineReader lines(file);
  for (std::string line; lines.next(line);)
    if (!has_provenance(parse_json_line(line, lines.location()))) return false;
  return true;
}

bool is_configuration(const fs::path& file) {
  constexpr std::array<const char*, 4> kKeys = {"seeds", "prompts", "annotators", "outputs"};
  const json config = read_json(file);
  return std::all_of(kKeys.begin(), kKeys.end(), [&](const char* key) { return config.contains(key); });
}

/// Error for what is no regular file, such as a directory, since that can't be replaced (io/file.h).
bool has_content(const fs::path& path) {
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  if (fs::exists(status) && !fs::is_regular_file(status))
    fail(
        "{}: not a regular file, so it can't be replaced; name another directory with --output, or remove it",
        path.string());
  return fs::exists(status) && !fs::is_empty(path, unknown);
}

/// @param is_own  tells by its content whether angle annotate has written a file
void refuse_foreign(const fs::path& file, bool (*is_own)(const fs::path&)) {
  if (!has_content(file)) return;
  try {
    if (is_own(file)) return;
  } catch (const Error&) {
    // No JSON is nothing of ours either.
  }
  fail(
      "{}: is not what angle annotate writes, and would be lost; name another directory with --output, or "
      "remove the file",
      file.string());
}

}  // namespace

void check_annotate_output(const fs::path& directory, const AnnotateConfig& config) {
  for (const OutputConfig& output : config.outputs) refuse_foreign(directory / output.path, is_training_set);
  refuse_foreign(directory / "annotate_config.json", is_configuration);
}

}  // namespace angle
