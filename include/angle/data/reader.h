// Data sets from files: TSV, CSV or JSONL by the extension, each also with .gz behind it.
//
// - .tsv: a header, then one row per line; fields between tabs, without any quoting (a `"` is a character)
// - .csv: RFC 4180: a header; fields between commas; a field in quotes may hold commas, newlines and `""`
// - .jsonl: one object per line
//
// Columns (or fields of the objects) are found by name; others are ignored and counted:
//
//     scored pairs  left | text1 | sentence1   right | text2 | sentence2   label | score
//     pairs         query | anchor             positive
//     triplets      query | anchor             positive                    negative, negative1, negative_2 …
//
// Two parts may be mapped to one column: a text is its own positive for SimCSE (arXiv 2104.08821).
// In JSONL a negative may be a list of texts. Texts are taken as they are, white space included.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "angle/data/examples.h"
#include "angle/text/utf8.h"

namespace angle {

struct ReadOptions {
  std::map<std::string, std::string> columns;  // the first name of the table above → the file's own name
  std::vector<double> label_scale;             // [lowest, highest] label; empty: any finite label
  InvalidUtf8 invalid_utf8 = InvalidUtf8::error;
};

template <class Rows>
struct DataSet {
  Rows examples;               // in the order of the file, at least one
  int64_t ignored_fields = 0;  // of all rows together
  int64_t repaired_texts = 0;  // in which U+FFFD stands for bytes that are not UTF-8 (InvalidUtf8::replace)
};

/// Error for a file that can't be read or has no rows. All malformed rows are reported in one Error, the
/// first 20 with `file:line: what is wrong`: wrong number of columns, broken quoting or JSON, missing or
/// empty (blank) text, a label that is missing, not a number, not finite or outside of the label scale,
/// invalid UTF-8.
DataSet<std::vector<ScoredPair>> read_scored_pairs(const std::filesystem::path& path,
                                                   const ReadOptions& options = {});
DataSet<std::vector<PositivePair>> read_positive_pairs(const std::filesystem::path& path,
                                                       const ReadOptions& options = {});
DataSet<std::vector<Triplet>> read_triplets(const std::filesystem::path& path,
                                            const ReadOptions& options = {});

/// The one of the three that the format asks for.
DataSet<Examples> read_examples(const std::filesystem::path& path, DataFormat format,
                                const ReadOptions& options = {});

/// The format that the columns of a file (of JSONL: the fields of its first row) fit; triplets before pairs.
/// Error when they fit none, or both scored pairs and another.
DataFormat find_format(const std::filesystem::path& path, const ReadOptions& options = {});

/// Whether a name ends as data files do: .tsv, .csv or .jsonl, each possibly with .gz.
bool is_data_file(std::string_view name);

/// Whether it is the name of a table, with a header: .tsv or .csv.
bool is_table_file(std::string_view name);

/// The names that `ReadOptions::columns` may map for a format: `left`, `right`, `label` …
std::vector<std::string> column_names(DataFormat format);

}  // namespace angle
