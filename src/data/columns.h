// Which columns of a file hold which part of an example, found by their names.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace angle {

/// A part of an example and the names that its column may have; the first is ours, the key of `columns`.
struct Part {
  std::vector<std::string> names;
  bool several = false;  // also name1, name2, … and name_1, name_2, …
};

/// For each part the indices of its columns, in the order of the file.
struct ColumnMap {
  std::vector<std::vector<size_t>> of_part;
  std::string problem;  // a part without a column, with several that could be it, or with that of another
  size_t used = 0;      // columns, each counted once
};

/// What the names in a table's header, other than those expected, hint at: another separator, or a row in the
/// place of the header; "" for neither.
std::string header_hint(const std::vector<std::string>& names);

class ColumnFinder {
 public:
  /// @param mapping     a part's first name → the one name that its column has
  /// @param has_header  whether the names are those in the header of a table
  ColumnFinder(std::vector<Part> parts, std::map<std::string, std::string> mapping, bool has_header);

  /// @param names  of a file's columns or of an object's fields; the answer for the same names again is kept
  const ColumnMap& find(const std::vector<std::string>& names);

 private:
  std::vector<size_t> find_part(const Part& part);
  std::string shared_column() const;

  std::vector<Part> parts_;
  std::map<std::string, std::string> mapping_;
  bool has_header_;
  std::vector<std::string> names_;
  ColumnMap columns_;
};

}  // namespace angle
