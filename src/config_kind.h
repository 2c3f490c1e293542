// The kinds of configuration files, told apart by their keys.
#pragma once

#include <filesystem>
#include <string>

#include "angle/io/json.h"

namespace angle {

enum class ConfigKind { training, study, annotation };

/// Error when a file is certainly of another kind than its reader expects, which names the command for it,
/// instead of one about each of its keys. Is called before overrides are applied, which bring keys of the
/// expected kind.
///
/// @param source  the path of the file, or `<stdin>`
void refuse_other_kind(const json& given, ConfigKind expected, const std::string& source);

/// Error when a configuration is not there. It is often called by its name alone, `stsb_minilm` for
/// configs/stsb_minilm.json, which the message then suggests.
///
/// @param path  may be `-` for stdin
void refuse_missing_config(const std::filesystem::path& path, ConfigKind expected);

}  // namespace angle
