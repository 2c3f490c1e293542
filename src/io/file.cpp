#include "angle/io/file.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

#include "angle/error.h"

#include "io/input_file.h"
#include "io/permissions.h"
#include "io/write_all.h"

namespace angle {

namespace fs = std::filesystem;

namespace {

/// The file that a path leads to through symbolic links, the last of which may name one that isn't there yet.
fs::path follow_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code error;
  fs::path end = path;
  for (int links = 0; fs::is_symlink(end, error); ++links) {
    if (links == kMostLinks) fail("{}: a symbolic link that leads in a circle", path.string());
    end = end.parent_path() / fs::read_symlink(end);
  }
  return end;
}

/// A number that no other writer has. The id of the process would not do: on a shared file system those of
/// two containers are often the same.
uint64_t number_of_its_own() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

/// What `<name>.tmp-<number>` is to become; nothing for other names.
std::optional<std::string> finished_name(const std::string& name) {
  const std::string_view mark = ".tmp-";
  const size_t at = name.rfind(mark);
  if (at == std::string::npos || at + mark.size() == name.size()) return std::nullopt;
  if (name.find_first_not_of("0123456789", at + mark.size()) != std::string::npos) return std::nullopt;
  return name.substr(0, at);
}

}  // namespace

fs::path directory_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

fs::path resolve_destination(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) fail("{}: not a regular file but a directory; name a file", path.string());
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fail("{}: not a regular file, so it can't be replaced; name a file, or write to stdout with -",
         path.string());
  }
  return follow_links(path);
}

std::string read_file(const fs::path& path) {
  InputFile file(path);
  std::string content;
  content.reserve(file.size());
  std::vector<char> buffer(size_t{1} << 16);
  while (const size_t count = file.read(buffer)) content.append(buffer.data(), count);
  return content;
}

AtomicFile::AtomicFile(const fs::path& path) : path_(resolve_destination(path)), temporary_(path_) {
  temporary_ += ".tmp-" + std::to_string(number_of_its_own());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    const char* hint = errno == ENOENT ? "; is its directory there?" : "";
    fail("{}: can't be written: {}{}", path_.string(), last_system_error(), hint);
  }
  take_permissions_of(path_, descriptor_);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  if (!write_all(descriptor_, bytes)) fail("{}: writing failed: {}", path_.string(), last_system_error());
}

void AtomicFile::commit() {
  // Quotas and network file systems report a full disk only here, so both results count.
  if (::fsync(descriptor_) != 0) fail("{}: writing failed: {}", path_.string(), last_system_error());
  if (::close(std::exchange(descriptor_, -1)) != 0)
    fail("{}: writing failed: {}", path_.string(), last_system_error());
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    fail("{}: can't be replaced: {}", path_.string(), last_system_error());
  temporary_.clear();
  sync_directory(path_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void remove_unfinished(const fs::path& directory) {
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (finished_name(entry.path().filename().string())) unfinished.push_back(entry.path());
  for (const fs::path& path : unfinished) fs::remove_all(path);
}

void remove_unfinished_in(const fs::path& directory, const std::function<bool(const std::string&)>& is_own) {
  if (!fs::is_directory(directory)) return;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::optional<std::string> name = finished_name(entry.path().filename().string());
    if (name && is_own(*name)) unfinished.push_back(entry.path());
  }
  for (const fs::path& path : unfinished) fs::remove_all(path);
}

void remove_unfinished_of(const fs::path& file) {
  remove_unfinished_in(directory_of(file), [&](const std::string& name) { return name == file.filename(); });
}

void remove_abandoned_of(const fs::path& file) {
  constexpr std::chrono::hours kLongest{24};  // between two writes of whoever is making a file
  const auto latest = fs::file_time_type::clock::now() - kLongest;
  std::error_code error;
  for (fs::directory_iterator entry(directory_of(file), error), end; entry != end; entry.increment(error)) {
    const std::optional<std::string> name = finished_name(entry->path().filename().string());
    if (!name || *name != file.filename()) continue;
    const fs::file_time_type written = fs::last_write_time(entry->path(), error);
    if (!error && written < latest) fs::remove(entry->path(), error);
  }
}

void sync_directory(const fs::path& directory) {
  const fs::path path = directory.empty() ? "." : directory;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("{}: can't be opened: {}", path.string(), last_system_error());
  // Some file systems can't flush a directory (EINVAL) and need not.
  const bool failed = ::fsync(descriptor) != 0 && errno != EINVAL;
  const std::string reason = failed ? last_system_error() : "";
  ::close(descriptor);
  if (failed) fail("{}: flushing to the disk failed: {}", path.string(), reason);
}

}  // namespace angle
