// The index of a data set's file: where each row begins, and what is known of the whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/data/examples.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"

#include "io/input_file.h"

namespace angle {

/// What an index says of its file as a whole.
struct RowIndexInfo {
  // The file that was read: enough to tell whether it is still the same.
  uint64_t file_bytes = 0;
  int64_t modified = 0;  // nanoseconds of the file system's clock
  std::string checksum;  // as file_checksum() gives it

  int64_t rows = 0;
  std::vector<std::string> header;        // empty: JSONL
  std::optional<LabelRange> label_range;  // of scored pairs
  int64_t ignored_fields = 0;
};

/// Where a row is in its file, uncompressed.
struct RowPlace {
  uint64_t begin = 0, end = 0;
  int64_t line = 0;  // on which it begins
};

/// Writes an index, which appears when it is complete: an entry for each row (offset and line, 16 bytes), one
/// for the end, the RowIndexInfo as JSON, a checksum of all this, the length of the JSON, and a mark.
class RowIndexWriter {
 public:
  /// Error when there can be no such file.
  explicit RowIndexWriter(const std::filesystem::path& path) : file_(path) {}

  /// The next row begins there; the last call tells the end of the file.
  void add(uint64_t offset, int64_t line);

  void commit(const RowIndexInfo& info);

 private:
  void flush();

  AtomicFile file_;
  Checksum checksum_;
  std::string buffer_;
};

/// An index that stays on the disk. Safe to use from several threads.
class RowIndex {
 public:
  /// Nothing when there is no index there, or one that is damaged or of another version.
  static std::optional<RowIndex> open(const std::filesystem::path& path);

  const RowIndexInfo& info() const { return info_; }

  /// @param row  below info().rows
  RowPlace place(int64_t row) const;

 private:
  RowIndex(std::unique_ptr<InputFile> file, RowIndexInfo info)
      : file_(std::move(file)), info_(std::move(info)) {}

  std::unique_ptr<InputFile> file_;
  RowIndexInfo info_;
};

}  // namespace angle
