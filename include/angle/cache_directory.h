// Where fetched models and data sets are.
#pragma once

#include <filesystem>

namespace angle {

/// $ANGLE_CACHE_DIR, else ~/.cache/angle. Models are in `models/<name>`, data sets in `data/<task>`.
std::filesystem::path cache_directory();

/// Where data sets are looked for, and where scripts/fetch_data.sh puts them: $ANGLE_DATA_DIR, else `data` in
/// the cache.
std::filesystem::path data_directory();

}  // namespace angle
