// Text in UTF-16, as some editors and shells on Windows write it, told for what it is.
#pragma once

#include <string>
#include <string_view>

namespace angle {

/// Error when a file that begins so is UTF-16: by its byte order mark or, of Western text without one, by
/// the 0 of every second byte.
///
/// @param start  the first line, or more
/// @param file   for the message
void refuse_utf16(std::string_view start, const std::string& file);

}  // namespace angle
