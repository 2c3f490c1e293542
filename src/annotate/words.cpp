#include "annotate/words.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {
namespace {

std::set<std::string> word_set(std::string_view text) {
  std::istringstream stream(plain_words(text));
  std::set<std::string> words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

}  // namespace

std::string plain_words(std::string_view text) {
  std::string plain;
  bool between_words = false;
  for (size_t at = 0; at < text.size();) {
    const char32_t character = decode_utf8(text, at);
    if (character == U'\'' || character == U'’') continue;  // don't is one word
    if (!is_word_character(character) || character == U'_') {
      between_words = true;
      continue;
    }
    if (between_words && !plain.empty()) plain += ' ';
    between_words = false;
    for (const char32_t lower : lowercase(character)) append_utf8(plain, lower);
  }
  return plain;
}

int64_t count_words(std::string_view text) {
  int64_t words = 0;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    const bool is_space = is_white_space(decode_utf8(text, at));
    words += !is_space && !in_word;
    in_word = !is_space;
  }
  return words;
}

double word_overlap(std::string_view left, std::string_view right) {
  const std::set<std::string> a = word_set(left), b = word_set(right);
  const auto shared =
      std::count_if(a.begin(), a.end(), [&](const std::string& word) { return b.contains(word); });
  const size_t all = a.size() + b.size() - static_cast<size_t>(shared);
  return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
}

}  // namespace angle
