// Embeddings to a file or to stdout, row after row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "angle/io/partial_file.h"
#include "angle/io/standard_output.h"
#include "angle/json_enum.h"
#include "angle/tensor.h"

namespace angle {

enum class EmbeddingFormat {
  jsonl,  // {"index":0,"embedding":[0.25,…]} a line
  npy,    // NumPy array [texts, dims]
  tsv,    // numbers separated by tabs, a row a line, no header
  raw     // the numbers alone, little-endian, row after row
};
ANGLE_JSON_ENUM(EmbeddingFormat, {{EmbeddingFormat::jsonl, "jsonl"},
                                  {EmbeddingFormat::npy, "npy"},
                                  {EmbeddingFormat::tsv, "tsv"},
                                  {EmbeddingFormat::raw, "raw"}})

/// The format that an output's extension means: .jsonl, .npy, .tsv, .raw or .bin; nothing for another one.
std::optional<EmbeddingFormat> format_of_extension(const std::filesystem::path& output);

/// The same, on stdout (`-`) jsonl. Error for another extension.
EmbeddingFormat embedding_format(const std::filesystem::path& output);

/// Rows as the bytes of a format; decimal numbers are the shortest that read back as the same number.
///
/// @param rows       [rows, columns] float32, int8 or uint8, contiguous, on the CPU
/// @param first_row  the number of the first of them, for jsonl
std::string format_embeddings(const Tensor& rows, EmbeddingFormat format, int64_t first_row);

/// Writes embeddings to a file, which appears under its name when it is complete (see PartialFile), or to
/// stdout.
class EmbeddingWriter {
 public:
  /// Opens the output. Error when it can't be written. What an earlier process left is not yet touched.
  ///
  /// @param output  a file, or `-` for stdout
  EmbeddingWriter(const std::filesystem::path& output, EmbeddingFormat format);

  /// Where an earlier process stood: the rows it saved, and what it passed to save(). Nothing for stdout.
  struct Saved {
    int64_t rows = 0;
    nlohmann::json job;
  };
  std::optional<Saved> saved() const;

  /// Begins a new output; what an earlier process left is lost. Error for npy on stdout when the number of
  /// rows is not known: it comes before the rows.
  ///
  /// @param element    float32, int8 or uint8
  /// @param first_row  the number of the first row, for jsonl
  void begin(at::ScalarType element, int64_t columns, std::optional<int64_t> rows, int64_t first_row = 0);

  /// In place of begin(), with the same arguments: goes on behind the saved rows.
  void resume(at::ScalarType element, int64_t columns, std::optional<int64_t> rows, int64_t first_row = 0);

  /// Appends rows; false when whoever reads stdout has gone.
  ///
  /// @param rows  [rows, columns] of the element and the columns that begin() or resume() was told
  bool write(const Tensor& rows);

  /// Makes sure that a later process can go on from here. Nothing happens for stdout.
  void save(const nlohmann::json& job);

  /// The output is complete. Error when the number of rows is not what begin() was told.
  void finish();

  /// Rows in the output so far.
  int64_t rows() const { return rows_; }

  EmbeddingFormat format() const { return format_; }

 private:
  bool put(std::string_view bytes);

  EmbeddingFormat format_;
  std::unique_ptr<PartialFile> file_;  // null: stdout
  StandardOutput stdout_;
  at::ScalarType element_ = at::kFloat;
  int64_t columns_ = 0;
  std::optional<int64_t> expected_rows_;
  int64_t first_row_ = 0;
  int64_t rows_ = 0;
};

}  // namespace angle
