#include "io/permissions.h"

#include <sys/stat.h>

namespace angle {

void take_permissions_of(const std::filesystem::path& path, int descriptor) {
  struct stat replaced {};
  if (::stat(path.c_str(), &replaced) != 0) return;
  [[maybe_unused]] const int result = ::fchmod(descriptor, (replaced.st_mode & 0777) | S_IWUSR);
}

}  // namespace angle
