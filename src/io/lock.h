// Files that one process at a time has.
#pragma once

#include <filesystem>

namespace angle {

/// Locks an open file until it is closed; false when another process has it. Error, naming the path, when the
/// file system has no locks.
bool try_lock(int descriptor, const std::filesystem::path& path);

}  // namespace angle
