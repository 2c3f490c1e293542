#include "angle/io/directory_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "angle/error.h"

#include "io/lock.h"

namespace angle {

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail("{}: the directory can't be created: {}", directory.string(), error.message());
  const auto file = directory / kFileName;
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    fail("{}: the directory can't be written to: {}; choose another one", directory.string(),
         std::strerror(errno));
  try {
    if (try_lock(descriptor_, file)) return;
  } catch (...) {
    close(descriptor_);
    throw;
  }
  close(descriptor_);
  fail("{}: another process writes to this directory; wait for it to end, or choose another one",
       directory.string());
}

DirectoryLock::~DirectoryLock() { close(descriptor_); }

}  // namespace angle
