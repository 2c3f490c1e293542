// A directory that only one process writes to.
#pragma once

#include <filesystem>

namespace angle {

/// Holds `<directory>/.lock` as long as it lives; the system lets go of it when the process ends, however it
/// ends.
class DirectoryLock {
 public:
  /// Creates the directory when needed. Error when another process holds the lock.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  static constexpr const char* kFileName = ".lock";

 private:
  int descriptor_ = -1;
};

}  // namespace angle
