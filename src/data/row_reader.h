// Rows of a TSV, CSV or JSONL file, all in one form: named fields.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "angle/io/line_reader.h"
#include "angle/text/utf8.h"

namespace angle {

/// One field of a row; in TSV and CSV all are texts.
struct Field {
  enum class Kind { text, number, list, missing, other };
  Kind kind = Kind::text;
  std::string text;               // of a text or number; empty for a list, of anything else its JSON
  std::vector<std::string> list;  // of a list of texts
};

struct Row {
  std::vector<std::string> names;  // of the columns, or of the object's fields
  std::vector<Field> fields;
  std::string problem;  // why the row can't be used, else empty
};

class RowReader {
 public:
  /// Opens the file and reads the header of TSV and CSV into row().names. Error for another extension than
  /// .tsv, .csv or .jsonl (each possibly with .gz), and for an empty file.
  RowReader(const std::filesystem::path& path, InvalidUtf8 invalid_utf8);

  /// For rows of a file whose header is known; there are none before continue_with().
  RowReader(const std::filesystem::path& path, InvalidUtf8 invalid_utf8, std::vector<std::string> header);

  /// Goes on with the rows of other lines of the same file.
  void continue_with(LineReader lines) { lines_ = std::move(lines); }

  /// Reads the next row; false at the end. A malformed row has a problem; a file that can't be read, or a row
  /// too large for a table (see csv.h), is an Error.
  bool next();

  /// The Error for a file that turned out to have none.
  [[noreturn]] void refuse_without_rows() const;

  Row& row() { return row_; }
  const Row& row() const { return row_; }

  /// Whether the name of a file is that of one that can be read.
  static bool is_readable_name(const std::filesystem::path& path) { return find_format(path).has_value(); }

  /// Whether the name of a file is that of a table, with a header.
  static bool is_table_name(const std::filesystem::path& path);

  /// Whether names belong to the file (TSV, CSV) or to each row (JSONL).
  bool has_header() const { return format_ != Format::jsonl; }

  /// `path:line`, the line on which the row begins.
  std::string location() const;
  int64_t line() const { return line_; }

  /// The byte of the file, uncompressed, at which the row begins.
  int64_t offset() const { return offset_; }

  /// The byte behind it.
  int64_t end_offset() const { return lines_.offset(); }

  /// Fields (of JSONL: lines) in which bytes that are not UTF-8 have been replaced so far.
  int64_t repaired_texts() const { return repaired_texts_; }

 private:
  enum class Format { tsv, csv, jsonl };
  static Format format_of(const std::filesystem::path& path);
  static std::optional<Format> find_format(const std::filesystem::path& path);

  bool next_texts(std::vector<std::string>& texts);
  void set_fields(std::vector<std::string> texts);
  bool next_object();
  void complain(std::string problem);
  void check_utf8(std::string& text, const std::string& where);

  std::string path_;
  Format format_;
  InvalidUtf8 invalid_utf8_;
  LineReader lines_;
  int64_t line_ = 0;
  int64_t offset_ = 0;
  Row row_;
  int64_t repaired_texts_ = 0;
};

}  // namespace angle
