// Writing to a descriptor until all is written.
#pragma once

#include <string_view>

namespace angle {

/// False, with errno set, when the system refuses.
bool write_all(int descriptor, std::string_view bytes);

}  // namespace angle
