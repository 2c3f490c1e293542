// Where fetched models and data sets are.
#pragma once

#include <filesystem>

namespace angle {

/// $ANGLE_CACHE_DIR, else ~/.cache/angle. Models are in `models/<name>`, data sets in `data/<task>`.
std::filesystem::path cache_directory();

}  // namespace angle
