// A file that takes long to write: it appears under its name only when it is complete, and after the process
// has been killed another one can go on where the first stood.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "angle/io/json.h"

namespace angle {

/// The file grows as `<path>.part`; `<path>.part.json` says how much of it counts. Both remain when the
/// process ends before commit(), unless no state was saved: then nothing remains. A kill before the first
/// save() leaves both, and the next process begins again.
class PartialFile {
 public:
  /// Opens `<path>.part`, making it when it is not there. Error when that fails, when another process writes
  /// to it, when a file of that name has content that no restart() began, and when the destination is a
  /// directory, a device or a pipe.
  explicit PartialFile(const std::filesystem::path& path);

  /// The files that stand for `path` until it is complete.
  static std::vector<std::filesystem::path> growing_files(const std::filesystem::path& path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// What the last save() of an earlier process was given; null when there is nothing to go on from.
  json saved_state() const;

  /// Cuts the file to what that save() covered; write() goes on from there.
  void resume();

  /// Empties the file and forgets what was saved.
  void restart();

  /// Appends; Error (`path: writing failed: No space left on device …`) when not all could be written.
  void write(std::string_view bytes);

  /// Flushes to the disk and notes that everything written so far counts.
  void save(const json& state);

  /// Overwrites the first bytes with `header`, which may be empty, flushes to the disk, and renames onto the
  /// destination.
  void commit(std::string_view header);

 private:
  void begin();
  [[noreturn]] void fail_writing() const;

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::filesystem::path state_file_;
  int descriptor_ = -1;
  uint64_t bytes_ = 0;
  bool keep_ = false;  // a saved state refers to the file
};

}  // namespace angle
