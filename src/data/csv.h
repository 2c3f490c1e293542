// Records of comma-separated values as RFC 4180 defines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "angle/io/line_reader.h"

namespace angle {

struct CsvRecord {
  std::vector<std::string> fields;
  std::string problem;  // what is wrong with the quoting, else empty
};

/// A row with more fields is of no table, and is not held in memory; TSV has the same bound.
inline constexpr size_t kMaxFields = size_t{1} << 16;

/// Reads the next record; false at the end. A field in quotes may hold commas, `""` for a quote, and line
/// ends, which become LF. Error `file:line: …`, with the line on which the record begins, when it has more
/// than `most_bytes` or kMaxFields.
bool next_csv_record(LineReader& lines, CsvRecord& record, int64_t most_bytes = LineReader::kMaxLineBytes);

}  // namespace angle
