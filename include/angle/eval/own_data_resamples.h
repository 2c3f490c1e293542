// The bootstrap of scores on own data, made of what was kept of their items: the model need not be there any
// more. Knows no torch.
#pragma once

#include <string>
#include <vector>

#include "angle/eval/own_data.h"

namespace angle {

/// One score of the resamples of what was kept; resample i holds the same items for all models.
///
/// @param metric  one of own_data_metrics(), or a baseline's score
/// @return        [resamples]; empty when what the metric is made of was not kept
std::vector<double> resample_own_data(OwnDataKind kind, const std::string& metric, const ScoredItems& items,
                                      const BootstrapOptions& options);

/// Gives each score of a result its bootstrap, the same as resample_own_data(); thresholds have none.
void bootstrap_scores(OwnDataResult& result, const BootstrapOptions& options);

}  // namespace angle
