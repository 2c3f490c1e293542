// The bootstrap of scores on own data of what was kept of their items: the model need not be there any more.
// Knows no torch.
#pragma once

#include <string>
#include <vector>

#include "angle/eval/own_data.h"

namespace angle {

/// The same as the bootstrap of evaluate_own_data(): resample i holds the same items for all models.
///
/// @param metric  one of own_data_metrics()
/// @return        [resamples]; empty when what the metric is made of was not kept
std::vector<double> resample_own_data(OwnDataKind kind, const std::string& metric, const ScoredItems& items,
                                      const BootstrapOptions& options);

}  // namespace angle
