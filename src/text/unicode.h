// Properties of Unicode characters and their canonical forms, for the tokenizers: by libutf8proc, except
// where the tables of the reference, Hugging Face's fast tokenizers, are older (canonical forms) or younger
// (lower case).
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace angle {

/// First and last code point.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

/// @param ranges  ascending, without overlap
template <size_t size>
bool contains(const CodePointRange (&ranges)[size], char32_t code_point) {
  const auto* range =
      std::partition_point(std::begin(ranges), std::end(ranges),
                           [code_point](const CodePointRange& r) { return r.last < code_point; });
  return range != std::end(ranges) && range->first <= code_point;
}

/// Up to `size` code points by value.
template <size_t size>
struct CodePoints {
  char32_t values[size] = {};
  size_t count = 0;

  void push_back(char32_t code_point) { values[count++] = code_point; }
  const char32_t* begin() const { return values; }
  const char32_t* end() const { return values + count; }
};

/// The property White_Space.
bool is_white_space(char32_t code_point);
/// General category L.
bool is_letter(char32_t code_point);
/// General category M.
bool is_mark(char32_t code_point);
/// General category N.
bool is_number(char32_t code_point);
/// What a word is made of in regular expressions (`\w`): letters, marks, digits, connectors.
bool is_word_character(char32_t code_point);

/// Canonical_Combining_Class: 0 for a character that starts a new sequence.
uint8_t combining_class(char32_t code_point);

/// The full canonical decomposition of one code point (at most 4); itself when it has none.
CodePoints<4> canonical_decomposition(char32_t code_point);

/// Puts every run of marks in canonical order: by combining class, equal ones as they were.
void order_marks(std::u32string& characters);

/// The full lower-case mapping without context (at most 2 code points); itself when it has none.
CodePoints<2> lowercase(char32_t code_point);

/// UTF-8 text with every character in lower case, by the mapping above.
std::string to_lowercase(std::string_view text);

/// Normalization form C of UTF-8 text, in time n log n even for endless runs of marks.
std::string to_nfc(std::string_view text);

/// Finds the boundaries of extended grapheme clusters while walking over a text.
class GraphemeBreaker {
 public:
  /// Whether a cluster begins with `code_point`, after the code points of earlier calls.
  bool begins_cluster(char32_t code_point);

 private:
  char32_t previous_ = 0;
  int32_t state_ = 0;
  bool started_ = false;
  bool after_control_ = false;
};

}  // namespace angle
