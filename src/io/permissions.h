// What a file that takes another's place keeps of it.
#pragma once

#include <filesystem>

namespace angle {

/// Gives an open file the permissions of the file at a path, so that replacing a private file does not
/// publish it. The owner may always write: a file that grows is opened again. Nothing when there is none;
/// what the system refuses stays undone.
void take_permissions_of(const std::filesystem::path& path, int descriptor);

}  // namespace angle
