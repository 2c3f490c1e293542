#include "text/unicode.h"

#include <span>

#include <utf8proc.h>

#include "text/utf8_decode.h"

namespace angle {
namespace {

constexpr uint16_t kNoMapping = 0xFFFF;  // utf8proc's index

const utf8proc_property_t& properties(char32_t code_point) {
  return *utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point));
}

constexpr CodePointRange kWhiteSpaceRanges[] = {
    {0x0009, 0x000D}, {0x0020, 0x0020}, {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};

/// Marks younger than Unicode 9. They have no combining class in the tables of the reference tokenizers (no
/// older mark lies in these ranges).
constexpr CodePointRange kYoungMarks[] = {
    {0x07FD, 0x07FD},   {0x0898, 0x08D3},   {0x09FE, 0x09FE},   {0x0C3C, 0x0C3C},   {0x0D3B, 0x0D3C},
    {0x0EBA, 0x0EBA},   {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},
    {0x10D24, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x11A99},
    {0x11D42, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E4EF}};

/// Decomposes since Unicode 13, but not in the reference.
constexpr char32_t kYoungVowelSign = 0x11938;

/// Unassigned code points that are controls to the segmentation rules (UAX 29), which libutf8proc doesn't
/// know.
constexpr CodePointRange kUnassignedControls[] = {{0x2065, 0x2065},   {0xFFF0, 0xFFF8},   {0xE0000, 0xE0000},
                                                  {0xE0002, 0xE001F}, {0xE0080, 0xE00FF}, {0xE01F0, 0xE0FFF}};

/// Capital letters younger than the oldest libutf8proc supported (Unicode 15): `offset` leads to the small
/// letter.
struct LowercaseRange {
  CodePointRange range;
  int32_t offset;
};
constexpr LowercaseRange kYoungCapitals[] = {
    {{0x1C89, 0x1C89}, 1},      {{0xA7CB, 0xA7CB}, 0x264 - 0xA7CB},
    {{0xA7CC, 0xA7CC}, 1},      {{0xA7CE, 0xA7CE}, 1},
    {{0xA7D2, 0xA7D2}, 1},      {{0xA7D4, 0xA7D4}, 1},
    {{0xA7DA, 0xA7DA}, 1},      {{0xA7DC, 0xA7DC}, 0x19B - 0xA7DC},
    {{0x10D50, 0x10D65}, 0x20}, {{0x16EA0, 0x16EB8}, 0x1B},
};

bool is_young_mark(char32_t code_point) { return contains(kYoungMarks, code_point); }

/// @param characters  decomposed
void append_composed(std::string& text, std::span<char32_t> characters) {
  static_assert(sizeof(char32_t) == sizeof(utf8proc_int32_t));
  const auto length =
      utf8proc_normalize_utf32(reinterpret_cast<utf8proc_int32_t*>(characters.data()),
                               static_cast<utf8proc_ssize_t>(characters.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (utf8proc_ssize_t i = 0; i < length; ++i) append_utf8(text, characters[static_cast<size_t>(i)]);
}

char32_t lowercase_young(char32_t code_point) {
  for (const auto& [range, offset] : kYoungCapitals)
    if (code_point >= range.first && code_point <= range.last)
      return static_cast<char32_t>(static_cast<int32_t>(code_point) + offset);
  return code_point;
}

}  // namespace

bool is_white_space(char32_t code_point) { return contains(kWhiteSpaceRanges, code_point); }

bool is_letter(char32_t code_point) {
  const auto category = properties(code_point).category;
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_mark(char32_t code_point) {
  const auto category = properties(code_point).category;
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool is_number(char32_t code_point) {
  const auto category = properties(code_point).category;
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_word_character(char32_t code_point) {
  // Joiners, and letters in circles and squares, which are symbols by category.
  constexpr CodePointRange kOthers[] = {
      {0x200C, 0x200D}, {0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};
  const auto category = properties(code_point).category;
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL) ||
         category == UTF8PROC_CATEGORY_PC || contains(kOthers, code_point);
}

uint8_t combining_class(char32_t code_point) {
  const auto value = static_cast<uint8_t>(properties(code_point).combining_class);
  return value == 0 || is_young_mark(code_point) ? uint8_t{0} : value;
}

CodePoints<4> canonical_decomposition(char32_t code_point) {
  CodePoints<4> result;
  const bool hangul_syllable = code_point >= 0xAC00 && code_point <= 0xD7A3;
  if ((properties(code_point).decomp_seqindex == kNoMapping && !hangul_syllable) ||
      code_point == kYoungVowelSign) {
    result.push_back(code_point);
    return result;
  }
  utf8proc_int32_t buffer[4];
  int last_boundclass = 0;
  const auto count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(code_point), buffer, 4,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &last_boundclass);
  for (utf8proc_ssize_t i = 0; i < count && i < 4; ++i) result.push_back(static_cast<char32_t>(buffer[i]));
  return result;
}

void order_marks(std::u32string& characters) {
  const auto by_class = [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); };
  const auto is_starter = [](char32_t character) { return combining_class(character) == 0; };
  for (auto begin = characters.begin(); begin != characters.end();) {
    begin = std::find_if_not(begin, characters.end(), is_starter);
    const auto end = std::find_if(begin, characters.end(), is_starter);
    std::stable_sort(begin, end, by_class);
    begin = end;
  }
}

CodePoints<2> lowercase(char32_t code_point) {
  constexpr char32_t kCapitalIWithDot = 0x0130;  // the only character whose small form is two code points
  CodePoints<2> result;
  if (code_point == kCapitalIWithDot) {
    result.push_back(U'i');
    result.push_back(0x0307);
  } else if (properties(code_point).lowercase_seqindex != kNoMapping) {
    result.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point))));
  } else {
    result.push_back(lowercase_young(code_point));
  }
  return result;
}

std::string to_lowercase(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();)
    for (const char32_t character : lowercase(decode_utf8(text, at))) append_utf8(result, character);
  return result;
}

std::string to_nfc(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size();)
    for (const char32_t character : canonical_decomposition(decode_utf8(text, at)))
      characters.push_back(character);
  order_marks(characters);

  // Nothing composes across a young mark, which the reference takes for a starter.
  std::string result;
  result.reserve(text.size());
  for (auto begin = characters.begin(); begin != characters.end();) {
    const auto end = std::find_if(begin, characters.end(), is_young_mark);
    append_composed(result, {begin, end});
    if (end != characters.end()) append_utf8(result, *end);
    begin = end == characters.end() ? end : end + 1;
  }
  return result;
}

bool GraphemeBreaker::begins_cluster(char32_t code_point) {
  const bool control = contains(kUnassignedControls, code_point);
  const bool begins = !started_ || control || after_control_ ||
                      utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(previous_),
                                                       static_cast<utf8proc_int32_t>(code_point), &state_);
  if (control || after_control_) state_ = 0;
  started_ = true;
  after_control_ = control;
  previous_ = code_point;
  return begins;
}

}  // namespace angle
