// The files of `angle annotate`, told from those of others.
#pragma once

#include <filesystem>

#include "angle/annotate/annotate_config.h"

namespace angle {

/// Error when a file in the output directory that annotating would replace is none that it has written: a
/// training set of which a line has no provenance, or an annotate_config.json that is no configuration. Those
/// of an earlier run, of whatever configuration, may be replaced, and so may empty files. Error, too, when
/// one is no regular file.
void check_annotate_output(const std::filesystem::path& directory, const AnnotateConfig& config);

}  // namespace angle
