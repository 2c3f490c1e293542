// Texts from a file or stdin, one after another: a line each, a field of a JSON object each, or a column of a
// table.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "angle/io/line_reader.h"
#include "angle/text/utf8.h"

namespace angle {

class RowReader;

struct TextReaderOptions {
  std::string field;  // of JSONL's objects, or a column of a .csv or .tsv; empty: each line is a text
  InvalidUtf8 invalid_utf8 = InvalidUtf8::error;
  std::string utf8_advice = "convert the text";  // what to do about bytes that are not UTF-8
  const std::atomic<bool>* stop = nullptr;       // see LineReader; not for tables
};

/// Reads texts in bounded memory, also from gzip. Each line, or row of a table behind its header, gives
/// exactly one text; an empty one is a text like any other.
class TextReader {
 public:
  /// @param path  a file, or `-` for stdin; Error when it can't be opened, or is a table without the column
  ///              or with two of that name
  explicit TextReader(const std::filesystem::path& path, TextReaderOptions options = {});
  ~TextReader();
  TextReader(TextReader&&) noexcept;
  TextReader& operator=(TextReader&&) noexcept;

  /// Reads the next text into `text`, valid UTF-8; false at the end. Error `path:line: …` for bytes that are
  /// not UTF-8 (unless they are to be replaced), for a line that is no JSON object with the field as a
  /// string, and for a row that does not have the columns of the header.
  bool next(std::string& text);

  /// Bytes of the lines read so far, line ends included, uncompressed.
  int64_t bytes_read() const { return bytes_read_; }

  /// Bytes that bytes_read() will reach; 0 when that is not known before the end (a pipe, gzip).
  int64_t total_bytes() const { return total_bytes_; }

  /// Texts (of a table, fields) in which bytes that are not UTF-8 have been replaced so far.
  int64_t repaired_texts() const;

 private:
  size_t find_column() const;
  bool next_in_table(std::string& text);
  void check_utf8(std::string& line);

  TextReaderOptions options_;
  std::unique_ptr<RowReader> table_;  // where the field is a column
  size_t column_ = 0;                 // of the table
  std::optional<LineReader> lines_;   // where there is no table
  int64_t bytes_read_ = 0;
  int64_t total_bytes_ = 0;
  int64_t repaired_texts_ = 0;
};

/// Reads to the end.  @return how many texts there were
int64_t count_texts(TextReader& reader);

}  // namespace angle
