#include "angle/cache_directory.h"

#include <cstdlib>

namespace angle {

std::filesystem::path cache_directory() {
  if (const char* directory = std::getenv("ANGLE_CACHE_DIR"); directory && *directory) return directory;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".cache" / "angle";
}

std::filesystem::path data_directory() {
  if (const char* directory = std::getenv("ANGLE_DATA_DIR"); directory && *directory) return directory;
  return cache_directory() / "data";
}

}  // namespace angle
