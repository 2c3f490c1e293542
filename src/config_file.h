// Configuration files, and their kinds, which are told apart by their keys.
#pragma once

#include <filesystem>
#include <string>

#include "angle/io/json.h"

namespace angle {

enum class ConfigKind { training, study, annotation };

/// What a configuration file has, not yet checked.
struct ConfigFile {
  json content;
  std::string source;               // for messages: its path, or `<stdin>`
  std::filesystem::path directory;  // that it is in, of stdin the working directory
};

/// Error when it is not there: it is often called by its name alone, `stsb_minilm` for
/// configs/stsb_minilm.json, which the message then suggests. Error when it is certainly of another kind than
/// is expected, which names the command for it, instead of one about each of its keys; told here, before
/// overrides bring keys of the expected kind.
///
/// @param path  may be `-` for stdin
ConfigFile read_config_file(const std::filesystem::path& path, ConfigKind expected);

}  // namespace angle
