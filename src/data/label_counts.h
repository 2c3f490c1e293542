// How often each label occurs, in bounded memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "angle/data/data_report.h"

namespace angle {

/// Counts labels. Up to 4,096 different ones are counted exactly; beyond that those within a 2,048th of the
/// range are merged into their mean.
class LabelCounts {
 public:
  void add(double label);

  int64_t count() const { return count_; }
  double lowest() const { return lowest_; }    // exact; 0 when there are no labels
  double highest() const { return highest_; }  // exact; 0 when there are no labels

  /// Labels below a value.
  int64_t below(double value) const;

  /// A bar for each label when there are at most twelve, else ten bars of equal width from the lowest label
  /// to the highest.
  std::vector<HistogramBar> histogram() const;

 private:
  void merge_neighbours();

  std::map<double, int64_t> counts_;
  int64_t count_ = 0;
  double lowest_ = 0, highest_ = 0;
};

}  // namespace angle
