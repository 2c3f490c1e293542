#include "angle/io/standard_output.h"

#include <cerrno>
#include <unistd.h>

#include "angle/error.h"

#include "io/input_file.h"
#include "io/write_all.h"

namespace angle {

bool StandardOutput::write(std::string_view bytes) {
  static const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  collected_ += bytes;
  return collected_.size() < kBlockBytes && !terminal ? !reader_gone_ : flush();
}

bool StandardOutput::flush() {
  if (!reader_gone_ && !write_all(STDOUT_FILENO, collected_)) {
    if (errno != EPIPE) fail("<stdout>: writing failed: {}", last_system_error());
    reader_gone_ = true;
  }
  collected_.clear();
  return !reader_gone_;
}

}  // namespace angle
