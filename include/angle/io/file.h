// Where a file is, files read whole, and files that appear under their name only when they are complete.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace angle {

/// The directory that a file is in: `.` for a bare name, and for `-`.
std::filesystem::path directory_of(const std::filesystem::path& file);

/// The whole file as bytes (`-`: stdin); Error when it can't be read.
std::string read_file(const std::filesystem::path& path);

/// The file that an output's path leads to, through all symbolic links; it need not be there yet. Error for a
/// directory, a device or a pipe, which renaming a file onto would destroy.
std::filesystem::path resolve_destination(const std::filesystem::path& path);

/// A file written beside its destination and renamed onto it by commit(), so that a reader sees the
/// old file or the whole new one, whatever happens in between. Without commit() nothing remains. Several may
/// be written for one destination at a time: the last commit() stands.
/// A destination that is a symbolic link stays one; the file that it names is replaced, or made. A file that
/// is replaced hands its permissions on.
class AtomicFile {
 public:
  /// Creates `<path>.tmp-<random number>` in the destination's directory. Error when that fails, and as
  /// resolve_destination().
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends; Error (`path: writing failed: No space left on device …`) when not all could be written.
  void write(std::string_view bytes);

  /// Flushes to the disk, renames onto the destination, flushes the directory.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty after commit()
  int descriptor_ = -1;
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Removes what killed processes left unfinished in a directory and below: entries named
/// `….tmp-<number>`. Nobody else may be writing there.
void remove_unfinished(const std::filesystem::path& directory);

/// Removes what killed processes left unfinished of some of a directory's files and folders, which nobody
/// else may be writing. Leaves all others alone, and what is below; does nothing without the directory.
///
/// @param is_own  tells by the finished name whether it is one of them
void remove_unfinished_in(const std::filesystem::path& directory,
                          const std::function<bool(const std::string&)>& is_own);

/// remove_unfinished_in() for one file.
void remove_unfinished_of(const std::filesystem::path& file);

/// Removes what processes that were killed a day ago or longer left unfinished of a file that several may be
/// making at the same time. What can't be removed stays.
void remove_abandoned_of(const std::filesystem::path& file);

/// Flushes a directory's entries to the disk, after files in it were created or renamed.
void sync_directory(const std::filesystem::path& directory);

}  // namespace angle
