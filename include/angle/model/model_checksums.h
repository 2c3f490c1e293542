// What a model directory is made of, so that runs and studies notice when it has changed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "angle/io/checksum.h"
#include "angle/io/json.h"

namespace angle {

/// {file: checksum} of the files that a model directory is made of, by their paths within it. Whatever else
/// lies there, such as texts, results and training runs, is no part of the model.
///
/// @param checksum_of  takes the checksum of a file
json model_checksums(
    const std::filesystem::path& directory,
    const std::function<std::string(const std::filesystem::path&)>& checksum_of =
        [](const std::filesystem::path& file) { return file_checksum(file); });

}  // namespace angle
