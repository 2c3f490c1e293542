#include "angle/data/mixing.h"

#include <algorithm>
#include <cmath>

namespace angle {

namespace {

/// The rows of an epoch that a data set wants.
double wanted_rows(const MixedSet& set) {
  const double rows = set.weight * static_cast<double>(set.size);
  return set.max_rows > 0 ? std::min(rows, static_cast<double>(set.max_rows)) : rows;
}

/// What the rows of an epoch are divided in proportion to.
double proportion(const MixedSet& set, const MixingOptions& options) {
  if (set.weight <= 0) return 0.0;
  if (options.rule == MixingRule::proportions) return set.weight;
  return std::pow(wanted_rows(set), 1.0 / options.temperature);
}

}  // namespace

std::vector<DataSetShare> mix(std::span<const MixedSet> sets, const MixingOptions& options) {
  double proportions = 0.0, rows = 0.0;
  for (const MixedSet& set : sets) {
    proportions += proportion(set, options);
    if (set.weight > 0)
      rows += options.rule == MixingRule::passes ? wanted_rows(set) : static_cast<double>(set.size);
  }
  if (options.rows_per_epoch > 0) rows = static_cast<double>(options.rows_per_epoch);
  const bool as_wanted =
      options.rule == MixingRule::passes && options.temperature == 1.0 && options.rows_per_epoch == 0;

  std::vector<DataSetShare> shares;
  for (const MixedSet& set : sets) {
    DataSetShare share{.size = set.size, .weight = set.weight};
    const double part = as_wanted ? wanted_rows(set) : rows * proportion(set, options) / proportions;
    // A weight that is kept as it is gives the same batches as it always did.
    if (!as_wanted || set.max_rows > 0) share.weight = part / static_cast<double>(set.size);
    shares.push_back(share);
  }
  return shares;
}

}  // namespace angle
