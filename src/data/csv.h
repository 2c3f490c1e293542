// Records of comma-separated values as RFC 4180 defines them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "angle/io/line_reader.h"

namespace angle {

struct CsvRecord {
  std::vector<std::string> fields;
  std::string problem;  // what is wrong with the quoting, else empty
};

/// Reads the next record; false at the end. A field in quotes may hold commas, `""` for a quote, and line
/// ends, which become LF. Error when a quote stays open for more than LineReader::kMaxLineBytes.
bool next_csv_record(LineReader& lines, CsvRecord& record);

}  // namespace angle
