// Texts from a file or stdin, one after another: a line each, or a field of a JSON object each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "angle/io/line_reader.h"
#include "angle/text/utf8.h"

namespace angle {

struct TextReaderOptions {
  std::string field;  // of the objects in a JSONL file; empty: each line is a text
  InvalidUtf8 invalid_utf8 = InvalidUtf8::error;
};

/// Reads texts in bounded memory, also from gzip. Each line gives exactly one text; an empty line is a text
/// like any other.
class TextReader {
 public:
  /// @param path  a file, or `-` for stdin; Error when it can't be opened
  explicit TextReader(const std::filesystem::path& path, TextReaderOptions options = {});

  /// Reads the next text into `text`, valid UTF-8; false at the end. Error `path:line: …` for bytes that are
  /// not UTF-8 (unless they are to be replaced) and for a line that is no JSON object with the field as a
  /// string.
  bool next(std::string& text);

  /// Bytes of the lines read so far, line ends included, uncompressed.
  int64_t bytes_read() const { return bytes_read_; }

  /// Bytes that bytes_read() will reach; 0 when that is not known before the end (a pipe, gzip).
  int64_t total_bytes() const { return total_bytes_; }

  /// Texts in which bytes that are not UTF-8 have been replaced so far.
  int64_t repaired_texts() const { return repaired_texts_; }

 private:
  void check_utf8(std::string& line);

  TextReaderOptions options_;
  LineReader lines_;
  int64_t bytes_read_ = 0;
  int64_t total_bytes_ = 0;
  int64_t repaired_texts_ = 0;
};

}  // namespace angle
