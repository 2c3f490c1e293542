// Sentences that are also in an evaluation set: a model trained on them has seen a part of its test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/annotate/annotation_report.h"

namespace angle {

/// Looks the sentences up in every split, other than the training one, of every known task (eval/tasks.h)
/// whose file is in the data directory. Error when such a file can't be read.
std::vector<LeakReport> find_leaks(const std::vector<std::string>& sentences,
                                   const std::filesystem::path& data_dir);

}  // namespace angle
