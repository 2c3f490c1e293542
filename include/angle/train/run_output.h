// The directory that a training run makes.
#pragma once

#include <filesystem>

namespace angle {

/// Error unless the output is a new or empty directory (but for logs) or, to be resumed, that of a run:
/// nobody's files are overwritten, or lost among those of a model.
void check_output(const std::filesystem::path& output, const std::filesystem::path& base_model, bool resume);

/// Removes what a killed run left there. The output may hold more than this run: other runs, that are
/// training now.
void remove_unfinished_output(const std::filesystem::path& output);

}  // namespace angle
