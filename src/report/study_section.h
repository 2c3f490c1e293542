// The part of the page about a study.
#pragma once

#include <string>

#include "angle/report/study_record.h"

namespace angle {

/// For each task the table of its rows, with a mark at differences that are significant, and a chart of the
/// differences with their intervals.
std::string study_section(const StudyRecord& study);

}  // namespace angle
