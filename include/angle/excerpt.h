// Text that a file, a server or a user has given, as a message may show it: in one line of printable
// characters, and not all of it when it is long. Files are not always what their names say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

inline constexpr size_t kExcerptBytes = 40;

/// The beginning of a text, with `…` behind it when there is more. Control characters and bytes that are not
/// UTF-8 become `\t`, `\n`, `\r` or `\x1b`.
std::string excerpt(std::string_view text, size_t most_bytes = kExcerptBytes);

/// The same in quotes: `"left"`, `"PK\x03\x04"…`.
std::string in_quotes(std::string_view text, size_t most_bytes = kExcerptBytes);

/// Several, in quotes, of many the first: `"left", "right" and 7 more`; `none` for none.
std::string list_in_quotes(const std::vector<std::string>& texts);

}  // namespace angle
