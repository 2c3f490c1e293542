// Tables of text for people.
#pragma once

#include <string>
#include <vector>

namespace angle {

/// A row of a table.
using Cells = std::vector<std::string>;

/// Columns as wide as their widest cell, two spaces apart; the first columns flush left, those from
/// `first_number` on flush right. Each row ends with a line end.
///
/// @param rows  at least one, all of the same length
std::string format_table(const std::vector<Cells>& rows, size_t first_number);

/// Removes a column that no row but the first, the header, has anything in.
///
/// @return  whether it did
bool remove_empty_column(std::vector<Cells>& rows, size_t column);

}  // namespace angle
