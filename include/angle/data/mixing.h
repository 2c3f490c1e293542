// How much of each data set an epoch holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/data/sampler.h"
#include "angle/json_enum.h"

namespace angle {

/// What the weights of data sets mean.
enum class MixingRule {
  passes,      // how often each row comes per epoch
  proportions  // the share of an epoch's rows that come from the data set, whatever its size
};
ANGLE_JSON_ENUM(MixingRule, {{MixingRule::passes, "passes"}, {MixingRule::proportions, "proportions"}})

struct MixingOptions {
  MixingRule rule = MixingRule::passes;
  double temperature = 1.0;    // of passes, at least 1: 1 keeps the sizes, larger values bring them together
  int64_t rows_per_epoch = 0;  // of all data sets together; 0: as many as they have
};

/// A data set to be mixed.
struct MixedSet {
  int64_t size = 0;  // rows
  double weight = 1.0;
  int64_t max_rows = 0;  // most rows in an epoch, before the temperature; 0: no limit
};

/// The shares of an epoch. With passes a data set wants q = min(weight · size, max_rows) rows; when there is
/// a temperature T or a number of rows per epoch, that number (default Σ q) is divided in proportion to
/// q^(1/T). That is examples-proportional mixing with a limit, and temperature-scaled mixing, of T5 (arXiv
/// 1910.10683, 3.5.2). With proportions the number (default: the rows of all data sets with a weight) is
/// divided in proportion to the weights. Every data set with a positive weight has at least one row.
///
/// @param sets  at least one with a positive weight
std::vector<DataSetShare> mix(std::span<const MixedSet> sets, const MixingOptions& options);

}  // namespace angle
