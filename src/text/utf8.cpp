#include "angle/text/utf8.h"

#include <cstdint>
#include <cstring>

#include "text/utf8_decode.h"

namespace angle {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

/// What may follow a first byte: the range of the second byte and the total length (Unicode 15, table 3-7).
struct LeadByte {
  size_t length = 0;  // 0: not a first byte
  uint8_t second_low = 0x80;
  uint8_t second_high = 0xBF;
};

LeadByte lead_byte(uint8_t byte) {
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

/// Eight bytes at a time while they are ASCII.
size_t skip_ascii(std::string_view text, size_t at) {
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, 8);
    if ((bytes & 0x8080808080808080u) != 0) break;
  }
  return at;
}

}  // namespace

Utf8Sequence utf8_sequence(std::string_view text, size_t at) {
  const uint8_t first = byte_at(text, at);
  if (first < 0x80) return {1, true};

  const LeadByte lead = lead_byte(first);
  for (size_t i = 1; i < lead.length; ++i) {
    if (at + i == text.size()) return {i, false};
    const uint8_t low = i == 1 ? lead.second_low : uint8_t{0x80};
    const uint8_t high = i == 1 ? lead.second_high : uint8_t{0xBF};
    const uint8_t byte = byte_at(text, at + i);
    if (byte < low || byte > high) return {i, false};
  }
  return lead.length == 0 ? Utf8Sequence{1, false} : Utf8Sequence{lead.length, true};
}

char32_t decode_utf8(std::string_view text, size_t& at) {
  const Utf8Sequence sequence = utf8_sequence(text, at);
  const size_t begin = at;
  at += sequence.length;
  if (!sequence.valid) return kReplacement;
  if (sequence.length == 1) return byte_at(text, begin);

  char32_t code_point = byte_at(text, begin) & (0xFFu >> (sequence.length + 1));
  for (size_t i = begin + 1; i < at; ++i) code_point = code_point << 6 | (byte_at(text, i) & 0x3Fu);
  return code_point;
}

size_t character_before(std::string_view text, size_t at) {
  const auto is_continuation = [](uint8_t byte) { return (byte & 0xC0) == 0x80; };
  do --at;
  while (at > 0 && is_continuation(byte_at(text, at)));
  return at;
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto continuation = [code_point](int shift) { return 0x80 | (code_point >> shift & 0x3F); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6), put(continuation(0));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12), put(continuation(6)), put(continuation(0));
  } else {
    put(0xF0 | code_point >> 18), put(continuation(12)), put(continuation(6)), put(continuation(0));
  }
}

std::optional<size_t> find_invalid_utf8(std::string_view text) {
  for (size_t at = skip_ascii(text, 0); at < text.size();) {
    const Utf8Sequence sequence = utf8_sequence(text, at);
    if (!sequence.valid) return at;
    at += sequence.length;
    if (sequence.length == 1) at = skip_ascii(text, at);
  }
  return std::nullopt;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Sequence sequence = utf8_sequence(text, at);
    if (sequence.valid)
      result.append(text, at, sequence.length);
    else
      append_utf8(result, kReplacement);
    at += sequence.length;
  }
  return result;
}

bool is_blank(std::string_view text) {
  for (size_t at = 0; at < text.size();)
    if (!is_white_space(decode_utf8(text, at))) return false;
  return true;
}

}  // namespace angle
