// The part of the page about where the gradient of a run goes: saturation.jsonl (angle/loss/saturation.h).
#pragma once

#include <string>

#include "angle/report/run_record.h"

namespace angle {

/// Lengths of gradients by bins of the cosine of the pairs, of the last batch that was logged, and how many
/// pairs are in each bin. "" when the run logged none.
std::string saturation_section(const RunRecord& run);

}  // namespace angle
