// Checksums of files, to detect damage (not tampering).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace angle {

/// XXH3, 128 bits, as 32 hexadecimal digits.
std::string checksum(std::string_view bytes);

/// The checksum of a whole file, read in pieces.
std::string file_checksum(const std::filesystem::path& path);

}  // namespace angle
