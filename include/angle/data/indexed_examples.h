// Examples that stay in their file: for data sets larger than memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "angle/data/examples.h"
#include "angle/data/reader.h"

namespace angle {

/// The rows of a file through an index of where each begins. The index is made by reading the file once,
/// every row checked; it lies beside the file (`<file>.<reading>.index`, where `reading` stands for format,
/// columns and label scale), or in the cache directory where that can't be written. It holds as long as size
/// and time of change are those of the file, or else its checksum; a damaged one is made anew.
///
/// A file within gzip can't be read from the middle: it is decompressed once, into the cache directory.
class IndexedExamples {
 public:
  /// Error for what read_examples() refuses, with the same message, and when the index can't be written.
  ///
  /// @param note  told before something that takes long
  IndexedExamples(const std::filesystem::path& path, DataFormat format, const ReadOptions& options,
                  const std::function<void(const std::string&)>& note = {});
  ~IndexedExamples();
  IndexedExamples(IndexedExamples&&) noexcept;
  IndexedExamples& operator=(IndexedExamples&&) noexcept;

  int64_t size() const;  // rows
  DataFormat format() const;
  const std::string& checksum() const;  // of the file, as file_checksum() gives it
  int64_t ignored_fields() const;
  std::optional<LabelRange> label_range() const;  // of scored pairs

  /// Reads rows, in the order given, as read_examples() has them. Error when the file has been changed since
  /// it was opened. May be called from several threads.
  Examples read(std::span<const int64_t> rows) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace angle
