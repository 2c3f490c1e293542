#include "angle/excerpt.h"

#include <algorithm>
#include <cstdint>

#include <spdlog/fmt/fmt.h>

#include "text/utf8_decode.h"

namespace angle {

namespace {

uint8_t byte_of(char character) { return static_cast<uint8_t>(character); }

/// Of at most so many bytes, not ending within a character.
std::string_view beginning(std::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  constexpr int kMostContinuations = 3;  // of one character; more of them are not UTF-8
  size_t end = most_bytes;
  for (int i = 0; i < kMostContinuations && end > 0 && (byte_of(text[end]) & 0xC0) == 0x80; ++i) --end;
  return text.substr(0, end);
}

/// Whether it is one of ASCII's, or one of those that ISO 8859 adds, which terminals obey, too.
bool is_control(std::string_view character) {
  const uint8_t first = byte_of(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && byte_of(character[1]) < 0xA0;
}

std::string escaped(char byte) {
  switch (byte) {
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02x}", byte_of(byte));
  }
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const auto [length, valid] = utf8_sequence(text, at);
    const std::string_view character = text.substr(at, length);
    if (valid && !is_control(character))
      result += character;
    else
      for (const char byte : character) result += escaped(byte);
    at += length;
  }
  return result;
}

}  // namespace

std::string excerpt(std::string_view text, size_t most_bytes) {
  const std::string_view shown = beginning(text, most_bytes);
  return printable(shown) + (shown.size() < text.size() ? "…" : "");
}

std::string in_quotes(std::string_view text, size_t most_bytes) {
  const std::string_view shown = beginning(text, most_bytes);
  return "\"" + printable(shown) + "\"" + (shown.size() < text.size() ? "…" : "");
}

std::string list_in_quotes(const std::vector<std::string>& texts) {
  constexpr size_t kMost = 20;
  std::string list;
  for (size_t i = 0; i < std::min(texts.size(), kMost); ++i)
    list += (i == 0 ? "" : ", ") + in_quotes(texts[i]);
  if (texts.size() > kMost) list += fmt::format(" and {} more", texts.size() - kMost);
  return list.empty() ? "none" : list;
}

}  // namespace angle
