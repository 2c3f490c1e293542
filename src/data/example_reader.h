// The examples of a file one after another, in bounded memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "angle/data/examples.h"
#include "angle/data/reader.h"

#include "data/columns.h"
#include "data/row_reader.h"

namespace angle {

/// Alternatives are in the order of DataFormat.
using Example = std::variant<ScoredPair, PositivePair, Triplet>;

class ExampleReader {
 public:
  /// Error for a file that can't be read, a header without the columns of the format, and a mapping of
  /// columns that the format does not have.
  ExampleReader(const std::filesystem::path& path, DataFormat format, const ReadOptions& options);

  /// For examples of a file whose header is known; there are none before continue_with().
  ExampleReader(const std::filesystem::path& path, DataFormat format, const ReadOptions& options,
                std::vector<std::string> header);

  /// Goes on with the rows of other lines of the same file.
  void continue_with(LineReader lines) { rows_.continue_with(std::move(lines)); }

  /// Reads the next row; false at the end.
  bool next();

  /// The Error for a file that turned out to have none.
  [[noreturn]] void refuse_without_rows() const { rows_.refuse_without_rows(); }

  /// What is wrong with the row, so that it is no example; else empty.
  const std::string& problem() const { return rows_.row().problem; }

  /// Whether that is about its columns, so that other rows may well have the same.
  bool has_problem_of_columns() const { return has_problem_of_columns_; }

  Example& example() { return example_; }

  /// The names of the columns; of JSONL those of the row.
  const std::vector<std::string>& names() const { return rows_.row().names; }
  bool has_header() const { return rows_.has_header(); }

  std::string location() const { return rows_.location(); }
  int64_t line() const { return rows_.line(); }
  int64_t offset() const { return rows_.offset(); }

  /// Rows so far whose problem was an empty text.
  int64_t empty_texts() const { return empty_texts_; }

  // Of all good rows so far.
  int64_t ignored_fields() const { return ignored_fields_; }
  int64_t repaired_texts() const { return rows_.repaired_texts(); }

 private:
  void parse();

  ReadOptions options_;
  DataFormat format_;
  RowReader rows_;
  ColumnFinder finder_;
  bool has_problem_of_columns_ = false;
  Example example_;
  int64_t ignored_fields_ = 0;
  int64_t empty_texts_ = 0;
};

}  // namespace angle
