#include "angle/eval/contingency.h"

#include <map>
#include <utility>

namespace angle {

Contingency::Contingency(std::span<const int64_t> rows, std::span<const int64_t> columns) {
  std::map<std::pair<int64_t, int64_t>, uint32_t> known;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto [entry, is_new] =
        known.try_emplace({rows[i], columns[i]}, static_cast<uint32_t>(cells_.size()));
    if (is_new) cells_.push_back({rows[i], columns[i], 0.0});
    ++cells_[entry->second].items;
    cell_of_.push_back(entry->second);
  }
}

ContingencyCells Contingency::resampled(const ResampleCounts& counts) const {
  ContingencyCells cells = cells_;
  for (ContingencyCell& cell : cells) cell.items = 0.0;
  for (size_t i = 0; i < cell_of_.size(); ++i) cells[cell_of_[i]].items += counts[i];
  std::erase_if(cells, [](const ContingencyCell& cell) { return cell.items == 0.0; });
  return cells;
}

double accuracy(const ContingencyCells& cells) {
  double equal = 0.0, all = 0.0;
  for (const ContingencyCell& cell : cells) {
    all += cell.items;
    if (cell.row == cell.column) equal += cell.items;
  }
  return all == 0.0 ? 0.0 : equal / all;
}

double macro_f1(const ContingencyCells& cells) {
  struct Counts {
    double correct = 0, either = 0;  // either: items of the class, and items taken for it
  };
  std::map<int64_t, Counts> classes;
  for (const ContingencyCell& cell : cells) {
    classes[cell.row].either += cell.items;
    classes[cell.column].either += cell.items;
    if (cell.row == cell.column) classes[cell.row].correct += cell.items;
  }
  double sum = 0.0;
  for (const auto& [label, counts] : classes) sum += 2 * counts.correct / counts.either;
  return classes.empty() ? 0.0 : sum / static_cast<double>(classes.size());
}

}  // namespace angle
