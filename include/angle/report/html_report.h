// Training runs and studies as one HTML page that needs nothing else: no network, no scripts; charts are SVG;
// light and dark.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "angle/report/run_record.h"
#include "angle/report/study_record.h"

namespace angle {

/// The tables of the studies; scores, predictions, objectives, learning rate, gradients and saturation of the
/// runs side by side, and what they differ in.
std::string html_report(std::span<const RunRecord> runs, std::span<const StudyRecord> studies = {});

/// Whether a file begins as such a page does. Error when it can't be read.
bool is_html_report(const std::filesystem::path& file);

}  // namespace angle
