// The similarities that a run's directory has of pairs.
#pragma once

#include <filesystem>
#include <vector>

#include "angle/report/run_record.h"

namespace angle {

/// Those of predictions.json, which angle train writes, and of scores.json, which angle study does.
std::vector<RunPredictions> read_predictions(const std::filesystem::path& directory);

}  // namespace angle
