#include "eval/table.h"

#include <algorithm>
#include <cstddef>

namespace angle {
namespace {

/// Letters, not bytes: how wide a cell is on the screen.
size_t width_of(const std::string& cell) {
  return static_cast<size_t>(
      std::count_if(cell.begin(), cell.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace

std::string format_table(const std::vector<Cells>& rows, size_t first_number) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Cells& cells : rows) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  std::string table;
  for (const Cells& cells : rows) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - width_of(cells[i]), ' ');
      line += (i >= first_number ? padding + cells[i] : cells[i] + padding) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

bool remove_empty_column(std::vector<Cells>& rows, size_t column) {
  const auto is_empty = [&](const Cells& cells) { return cells[column].empty(); };
  if (!std::all_of(rows.begin() + 1, rows.end(), is_empty)) return false;
  for (Cells& cells : rows) cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(column));
  return true;
}

}  // namespace angle
