#include "annotate/redaction.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace angle {
namespace {

constexpr size_t kCodeLength = 5;  // of `u0073`

/// A text without the backslashes of its escapes.
struct Unescaped {
  std::string characters;
  std::vector<size_t> begins;  // of each with its backslashes, in the text; behind the last one, its end
};

/// The character for which `u0073` stands at the beginning of a text, or nothing. All that are not ASCII are
/// one: they are in no key.
std::optional<char> read_code(std::string_view text) {
  if (text.size() < kCodeLength || text[0] != 'u') return std::nullopt;
  unsigned code = 0;
  const char* end = text.data() + kCodeLength;
  const auto [parsed, error] = std::from_chars(text.data() + 1, end, code, 16);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return code < 0x80 ? static_cast<char>(code) : '\x80';
}

/// However many backslashes precede a character, they are its own: JSON within JSON doubles them.
Unescaped unescape(std::string_view text) {
  Unescaped unescaped;
  for (size_t at = 0;;) {
    unescaped.begins.push_back(at);
    const size_t letter = text.find_first_not_of('\\', at);
    if (letter == std::string_view::npos) return unescaped;
    const std::optional<char> code = letter > at ? read_code(text.substr(letter)) : std::nullopt;
    unescaped.characters += code.value_or(text[letter]);
    at = letter + (code ? kCodeLength : 1);
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

bool is_no_secret(const std::string& key) {
  return key.size() < 4 || std::all_of(key.begin(), key.end(), is_letter);
}

bool stands_alone(const std::string& text, size_t at, size_t size) {
  return (at == 0 || !is_letter_or_digit(text[at - 1])) &&
         (at + size == text.size() || !is_letter_or_digit(text[at + size]));
}

}  // namespace

std::string redact(const std::string& text, const std::string& key) {
  constexpr size_t kLong = 8;
  const std::string secret = unescape(key).characters;
  if (secret.empty() || (key.size() < kLong && is_no_secret(key))) return text;
  const Unescaped said = unescape(text);
  std::string shown;
  size_t rest = 0;  // in the text
  for (size_t at = said.characters.find(secret); at != std::string::npos;
       at = said.characters.find(secret, at + secret.size())) {
    if (key.size() < kLong && !stands_alone(said.characters, at, secret.size())) continue;
    shown += text.substr(rest, said.begins[at] - rest) + "[key]";
    rest = said.begins[at + secret.size()];
  }
  return shown + text.substr(rest);
}

}  // namespace angle
