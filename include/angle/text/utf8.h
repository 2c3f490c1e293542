// UTF-8 validity: what every text is checked for before it is tokenised.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace angle {

/// What to do with a text that is not UTF-8 (`--invalid-utf8`).
enum class InvalidUtf8 { error, replace };

/// Byte offset of the first byte that is not well-formed UTF-8 (Unicode 15, table 3-7: overlong forms,
/// surrogates and values above U+10FFFF are ill-formed), or nothing for a valid text.
std::optional<size_t> find_invalid_utf8(std::string_view text);

/// `text` with U+FFFD for every maximal ill-formed subsequence (the practice of Unicode 3.9, and of
/// Python's errors="replace").
std::string replace_invalid_utf8(std::string_view text);

/// Whether a text is white space alone (the Unicode property White_Space), or nothing: there is nothing to
/// embed.
bool is_blank(std::string_view text);

}  // namespace angle
