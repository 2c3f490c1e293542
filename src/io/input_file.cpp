#include "io/input_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "angle/error.h"

namespace angle {

namespace {

/// What git leaves where a large file belongs, when git-lfs has not fetched it: a few lines that name it.
bool is_lfs_pointer(const InputFile& file) {
  constexpr std::string_view kBeginning = "version https://git-lfs.github.com/spec/";
  constexpr uint64_t kMostBytes = 1024;  // of a pointer, by its specification
  if (file.size() < kBeginning.size() || file.size() >= kMostBytes) return false;
  std::array<char, kBeginning.size()> bytes{};
  return file.read_at(0, bytes) == bytes.size() && std::string_view(bytes.data(), bytes.size()) == kBeginning;
}

}  // namespace

std::string last_system_error() { return std::generic_category().message(errno); }

InputFile::InputFile(const std::filesystem::path& path) : InputFile(path, path == "-") {
  std::error_code unknown;
  if (path != "-" && std::filesystem::is_directory(path, unknown)) fail("{}: a directory, not a file", name_);
  if (is_lfs_pointer(*this))
    fail(
        "{}: a git-LFS pointer, not the file itself; `git lfs pull` in its repository fetches the file, and "
        "scripts/fetch_model.sh a whole model",
        name_);
}

InputFile::InputFile(const std::filesystem::path& path, bool is_stdin)
    : name_(is_stdin ? "<stdin>" : path.string()),
      descriptor_(is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail("{}: can't be opened: {}", name_, last_system_error());
}

InputFile::~InputFile() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

/// False when there is none and it is stopped. No signal wakes the thread that waits (see
/// cli/interruption.h), so it looks now and then.
bool InputFile::wait_for_input() const {
  constexpr int kMillisecondsBetweenLooks = 100;
  while (true) {
    pollfd input{.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&input, 1, kMillisecondsBetweenLooks);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // read() tells what is wrong
    if (*stop_) return false;
  }
}

size_t InputFile::read(std::span<char> buffer) {
  if (stop_ && !wait_for_input()) return 0;
  while (true) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EINTR) continue;
    fail("{}: reading failed: {}", name_, last_system_error());
  }
}

size_t InputFile::read_fully(std::span<char> buffer) {
  size_t total = 0;
  while (total < buffer.size()) {
    const size_t count = read(buffer.subspan(total));
    if (count == 0) break;
    total += count;
  }
  return total;
}

size_t InputFile::read_at(uint64_t offset, std::span<char> buffer) const {
  size_t total = 0;
  while (total < buffer.size()) {
    const ssize_t count = ::pread(descriptor_, buffer.data() + total, buffer.size() - total,
                                  static_cast<off_t>(offset + total));
    if (count == 0) break;
    if (count < 0 && errno != EINTR) fail("{}: reading failed: {}", name_, last_system_error());
    if (count > 0) total += static_cast<size_t>(count);
  }
  return total;
}

uint64_t InputFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("{}: can't be examined: {}", name_, last_system_error());
  return S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace angle
