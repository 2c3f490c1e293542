// The part of the page about the similarities that runs predicted for the pairs of their evaluation tasks.
#pragma once

#include <span>
#include <string>

#include "angle/report/run_record.h"

namespace angle {

/// Similarity against label, a chart for each moment (before training, at the best step), and the spread of
/// the similarities, the moments side by side. "" when no run has predictions.
std::string prediction_sections(std::span<const RunRecord> runs);

}  // namespace angle
