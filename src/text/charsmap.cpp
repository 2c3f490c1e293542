#include "text/charsmap.h"

#include <cstring>

#include "angle/error.h"

#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {
namespace {

// A trie unit: label in the low 8 bits, bit 8 set where a key ends here (its value is then in the first
// child), and the distance to the children in the upper bits, in units of 1 or (bit 9) 256. A value has the
// top bit set.
uint32_t label(uint32_t unit) { return unit & 0x800000FFu; }
bool has_value(uint32_t unit) { return (unit >> 8 & 1u) != 0; }
uint32_t value(uint32_t unit) { return unit & 0x7FFFFFFFu; }
uint32_t children(uint32_t unit) { return (unit >> 10) << ((unit & 0x200u) >> 6); }

bool is_ascii(char byte) { return static_cast<uint8_t>(byte) < 0x80; }

constexpr size_t kLongestCluster = 5;  // bytes, of those looked up whole

}  // namespace

Charsmap::Charsmap(std::string_view bytes, const std::string& source) {
  unchanged_.fill(true);
  if (bytes.empty()) return;
  uint32_t trie_bytes = 0;
  if (bytes.size() >= sizeof(trie_bytes)) std::memcpy(&trie_bytes, bytes.data(), sizeof(trie_bytes));
  const size_t rest = bytes.size() - std::min(bytes.size(), sizeof(trie_bytes));
  if (trie_bytes == 0 || trie_bytes % sizeof(uint32_t) != 0 || trie_bytes > rest)
    fail("{}: precompiled_charsmap of {} bytes claims a trie of {} bytes; the file is damaged", source,
         bytes.size(), trie_bytes);

  units_.resize(trie_bytes / sizeof(uint32_t));
  std::memcpy(units_.data(), bytes.data() + sizeof(trie_bytes), trie_bytes);
  replacements_ = bytes.substr(sizeof(trie_bytes) + trie_bytes);
  for (size_t c = 0; c < unchanged_.size(); ++c) {
    const auto character = static_cast<char>(c);
    unchanged_[c] = character != '\r' && !find({&character, 1}).has_value();  // CR LF is one cluster
  }
}

std::optional<std::string_view> Charsmap::find(std::string_view key) const {
  if (units_.empty()) return std::nullopt;
  size_t node = children(units_[0]);
  for (const char byte : key) {
    if (byte == 0) break;
    node ^= static_cast<uint8_t>(byte);
    if (node >= units_.size()) break;
    const uint32_t unit = units_[node];
    if (label(unit) != static_cast<uint8_t>(byte)) break;
    node ^= children(unit);
    if (!has_value(unit)) continue;
    if (node >= units_.size() || value(units_[node]) >= replacements_.size()) break;
    return std::string_view(replacements_.c_str() + value(units_[node]));
  }
  return std::nullopt;
}

void Charsmap::normalize_cluster(std::string_view cluster, std::string& result) const {
  if (cluster.size() <= kLongestCluster)
    if (const auto replacement = find(cluster)) {
      result += *replacement;
      return;
    }
  for (size_t at = 0; at < cluster.size();) {
    const size_t length = utf8_sequence(cluster, at).length;
    const std::string_view character = cluster.substr(at, length);
    result += find(character).value_or(character);
    at += length;
  }
}

size_t Charsmap::unchanged_ascii(std::string_view text) const {
  size_t end = 0;
  while (end < text.size() && is_ascii(text[end]) && unchanged_[static_cast<uint8_t>(text[end])]) ++end;
  const bool may_go_on = end < text.size() && !is_ascii(text[end]);
  return may_go_on && end > 0 ? end - 1 : end;
}

std::string Charsmap::normalize(std::string_view text) const {
  if (units_.empty()) return std::string(text);
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t unchanged = unchanged_ascii(text.substr(at));
    result.append(text, at, unchanged);
    at += unchanged;

    at = normalize_clusters(text, at, result);
  }
  return result;
}

size_t Charsmap::normalize_clusters(std::string_view text, size_t at, std::string& result) const {
  GraphemeBreaker breaker;
  const size_t start = at;
  size_t begin = at;
  while (at < text.size()) {
    const size_t here = at;
    if (!breaker.begins_cluster(decode_utf8(text, at))) continue;
    normalize_cluster(text.substr(begin, here - begin), result);
    begin = here;
    if (here > start && is_ascii(text[here])) return here;
  }
  normalize_cluster(text.substr(begin), result);
  return at;
}

std::optional<std::string> decode_base64(std::string_view text) {
  static const auto digits = [] {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<int8_t, 256> table;
    table.fill(-1);
    for (size_t i = 0; i < kAlphabet.size(); ++i)
      table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
    return table;
  }();
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int num_bits = 0;
  for (const char character : text) {
    const int8_t digit = digits[static_cast<uint8_t>(character)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    num_bits += 6;
    if (num_bits < 8) continue;
    num_bits -= 8;
    bytes.push_back(static_cast<char>(bits >> num_bits & 0xFF));
  }
  return bytes;
}

}  // namespace angle
