#include "angle/io/partial_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "angle/error.h"
#include "angle/io/file.h"

#include "io/input_file.h"
#include "io/lock.h"
#include "io/permissions.h"
#include "io/write_all.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(fs::path path, const char* suffix) { return path += suffix; }

/// Whether `descriptor` is the file that has the name now: another process may have renamed it between open
/// and lock.
bool has_name(int descriptor, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

fs::path part_of(const fs::path& path) { return with_suffix(path, ".part"); }
fs::path state_file_of(const fs::path& path) { return with_suffix(path, ".part.json"); }

json state_of(uint64_t bytes, const json& state) { return {{"bytes", bytes}, {"state", state}}; }

/// What save() or restart() left; Error when something else has the name.
json read_state(const fs::path& file) {
  json saved = json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!saved.is_object() || !saved.contains("state") || !saved.value("bytes", json()).is_number_unsigned())
    fail("{}: is there already, and does not say how far an output is; move it away, or name another file",
         file.string());
  return saved;
}

uint64_t file_bytes(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace

PartialFile::PartialFile(const fs::path& path)
    : path_(resolve_destination(path)), part_(part_of(path_)), state_file_(state_file_of(path_)) {
  descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) {
    const char* hint = errno == ENOENT ? "; is its directory there?" : "";
    fail("{}: can't be written: {}{}", path_.string(), last_system_error(), hint);
  }
  try {
    begin();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

std::vector<fs::path> PartialFile::growing_files(const fs::path& path) {
  const fs::path destination = resolve_destination(path);
  return {part_of(destination), state_file_of(destination)};
}

void PartialFile::begin() {
  if (!try_lock(descriptor_, part_) || !has_name(descriptor_, part_))
    fail("{}: another process is writing it; wait for it, or name another file", part_.string());
  if (fs::exists(state_file_)) {
    keep_ = !read_state(state_file_)["state"].is_null();
  } else if (file_bytes(descriptor_) > 0) {
    fail("{}: is there already, and not of an output that was begun; move it away, or name another file",
         part_.string());
  }
  remove_unfinished_of(state_file_);
  take_permissions_of(path_, descriptor_);
}

PartialFile::~PartialFile() {
  if (descriptor_ < 0) return;
  // In this order: a file without a state is known as ours as long as it is empty, and locked until it is
  // gone.
  if (!keep_ && ::ftruncate(descriptor_, 0) == 0) {
    ::unlink(state_file_.c_str());
    ::unlink(part_.c_str());
  }
  ::close(descriptor_);
}

json PartialFile::saved_state() const {
  if (!fs::exists(state_file_)) return nullptr;
  const json saved = read_state(state_file_);
  return saved["bytes"].get<uint64_t>() <= file_bytes(descriptor_) ? saved["state"] : nullptr;
}

void PartialFile::resume() {
  bytes_ = read_json(state_file_).at("bytes").get<uint64_t>();
  const auto end = static_cast<off_t>(bytes_);
  if (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) != end) fail_writing();
}

void PartialFile::restart() {
  // In this order: a state must never refer to a file that has been emptied.
  write_file(state_file_, state_of(0, nullptr).dump(2) + "\n");
  keep_ = false;
  bytes_ = 0;
  if (::ftruncate(descriptor_, 0) != 0) fail_writing();
}

void PartialFile::write(std::string_view bytes) {
  if (!write_all(descriptor_, bytes)) fail_writing();
  bytes_ += bytes.size();
}

void PartialFile::save(const json& state) {
  if (::fdatasync(descriptor_) != 0) fail_writing();
  write_file(state_file_, state_of(bytes_, state).dump(2) + "\n");
  keep_ = true;
}

void PartialFile::commit(std::string_view header) {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0 || !write_all(descriptor_, header) || ::fsync(descriptor_) != 0)
    fail_writing();
  if (::rename(part_.c_str(), path_.c_str()) != 0)
    fail("{}: can't be replaced: {}", path_.string(), last_system_error());
  // Closed, and so unlocked, only after the rename: until then nobody else may take the file for their own.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail_writing();
  fs::remove(state_file_);
  sync_directory(path_.parent_path());
}

void PartialFile::fail_writing() const {
  fail("{}: writing failed: {}{}", part_.string(), last_system_error(),
       keep_ ? "; what has been saved remains, --resume goes on from there" : "");
}

}  // namespace angle
