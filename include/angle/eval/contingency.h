// Items by two numbers that each has: its class and the one it was taken for, or its class and its cluster.
// What classifications and clusterings are scored by is made of the counts of such a table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/eval/bootstrap.h"

namespace angle {

/// The items with these two numbers.
struct ContingencyCell {
  int64_t row = 0;
  int64_t column = 0;
  double items = 0.0;  // at least one
};

/// The cells that have items.
using ContingencyCells = std::vector<ContingencyCell>;

class Contingency {
 public:
  /// @param rows, columns  [items] any numbers
  Contingency(std::span<const int64_t> rows, std::span<const int64_t> columns);

  const ContingencyCells& cells() const { return cells_; }

  /// The cells of a resample of the items.
  ContingencyCells resampled(const ResampleCounts& counts) const;

 private:
  ContingencyCells cells_;
  std::vector<uint32_t> cell_of_;  // [items]
};

/// Share of items whose class is the one that they were taken for; 0 for none.
double accuracy(const ContingencyCells& cells);

/// The plain mean over the classes that occur in either place of 2 · TP / (2 · TP + FP + FN); 0 for none.
double macro_f1(const ContingencyCells& cells);

}  // namespace angle
