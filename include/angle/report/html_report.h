// Training runs as one HTML page that needs nothing else: no network, no scripts; charts are SVG; light and
// dark.
#pragma once

#include <span>
#include <string>

#include "angle/report/run_record.h"

namespace angle {

/// Scores, objectives, learning rate, gradients and saturation of the runs side by side, and what they differ
/// in.
std::string html_report(std::span<const RunRecord> runs);

}  // namespace angle
