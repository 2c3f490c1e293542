// UTF-8 one code point at a time, for the tokenizers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace angle {

/// A well-formed character, or a maximal ill-formed subsequence, at some place of a text.
struct Utf8Sequence {
  size_t length = 1;  // bytes, at least 1
  bool valid = false;
};

/// @param at  less than text.size()
Utf8Sequence utf8_sequence(std::string_view text, size_t at);

/// The code point at `at`, which moves behind it; U+FFFD for an ill-formed subsequence.
char32_t decode_utf8(std::string_view text, size_t& at);

/// Where the character that ends before `at` begins.
///
/// @param at  more than 0
size_t character_before(std::string_view text, size_t at);

void append_utf8(std::string& text, char32_t code_point);

}  // namespace angle
