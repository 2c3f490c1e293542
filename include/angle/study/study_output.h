// The directory of a study's tables, which is one study's alone.
#pragma once

#include <filesystem>
#include <string>

#include "angle/study/study_config.h"

namespace angle {

/// Error when study.json or study.md in a directory are not this study's, which would replace them: tables of
/// another one, or files that no study has written. Tables are those of the same study when its name, the
/// name of its base's file and at least one row are the same: rows, seeds and tasks may come and go.
///
/// @param name  of the study, as in its tables
void check_study_output(const std::filesystem::path& output, const std::string& name,
                        const StudyConfig& study);

}  // namespace angle
