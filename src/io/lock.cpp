#include "io/lock.h"

#include <cerrno>
#include <sys/file.h>

#include "angle/error.h"

#include "io/input_file.h"

namespace angle {

bool try_lock(int descriptor, const std::filesystem::path& path) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  fail(
      "{}: can't be locked: {}; on a file system without locks two processes could overwrite each other, so "
      "choose a place on another one",
      path.string(), last_system_error());
}

}  // namespace angle
