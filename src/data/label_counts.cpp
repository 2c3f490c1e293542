#include "data/label_counts.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace angle {

void LabelCounts::add(double label) {
  constexpr size_t kMostLabels = 4096;
  lowest_ = count_ == 0 ? label : std::min(lowest_, label);
  highest_ = count_ == 0 ? label : std::max(highest_, label);
  ++count_;
  ++counts_[label];
  if (counts_.size() > kMostLabels) merge_neighbours();
}

void LabelCounts::merge_neighbours() {
  constexpr double kCells = 2048;
  const double width = (highest_ / 2 - lowest_ / 2) / kCells * 2;
  std::map<double, int64_t> merged;
  double last_cell = -1.0;
  for (const auto& [label, times] : counts_) {
    const double cell = std::floor(label / width - lowest_ / width);
    if (merged.empty() || cell != last_cell) {
      merged[label] += times;
      last_cell = cell;
      continue;
    }
    const auto [mean, count] = *std::prev(merged.end());
    merged.erase(std::prev(merged.end()));
    const double share = static_cast<double>(times) / static_cast<double>(times + count);
    merged[mean * (1 - share) + label * share] += times + count;
  }
  counts_ = std::move(merged);
}

int64_t LabelCounts::below(double value) const {
  int64_t count = 0;
  for (const auto& [label, times] : counts_)
    if (label < value) count += times;
  return count;
}

std::vector<HistogramBar> LabelCounts::histogram() const {
  constexpr size_t kMostSingle = 12, kBars = 10;
  std::vector<HistogramBar> bars;
  if (counts_.size() <= kMostSingle) {
    for (const auto& [label, times] : counts_) bars.push_back({label, label, times});
    return bars;
  }
  // Halves, so that the width of a scale as wide as double is finite.
  const double width = (highest_ / 2 - lowest_ / 2) / kBars * 2;
  for (size_t i = 0; i < kBars; ++i) {
    const double low = lowest_ + width * static_cast<double>(i);
    bars.push_back({low, i + 1 == kBars ? highest_ : low + width, 0});
  }
  for (const auto& [label, times] : counts_) {
    const double place = std::floor((label / width) - (lowest_ / width));
    bars[static_cast<size_t>(std::clamp(place, 0.0, kBars - 1.0))].count += times;
  }
  return bars;
}

}  // namespace angle
