#include "cli/output_file.h"

#include <system_error>

#include "cli/usage.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

/// What is there is compared by what it is, what is not by where it would be. In /dev/null nothing is lost.
bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::exists(one, error) || fs::exists(other, error))
    return fs::is_regular_file(one, error) && fs::equivalent(one, other, error);
  const fs::path place = fs::weakly_canonical(fs::absolute(one, error), error);
  return !place.empty() && place == fs::weakly_canonical(fs::absolute(other, error), error);
}

}  // namespace

void refuse_lost_file(const std::string& option, const std::string& output,
                      const std::vector<UsedFile>& files) {
  if (output.empty() || output == "-") return;
  for (const UsedFile& file : files) {
    if (file.path.empty()) continue;
    const fs::path path = file.path == "-" ? "/dev/stdin" : file.path;
    if (is_same_file(output, path))
      refuse_usage("{} {}: is {}, which would be lost", option, output, file.what);
  }
}

}  // namespace angle::cli
