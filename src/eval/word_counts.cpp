#include "eval/word_counts.h"

#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {

WordCounts word_counts(const std::string& text) {
  WordCounts counts;
  std::string word;
  const auto finish = [&counts, &word] {
    if (!word.empty()) ++counts[word];
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const char32_t character = decode_utf8(text, at);
    if (is_letter(character) || is_number(character) || (is_mark(character) && !word.empty()))
      for (const char32_t small : lowercase(character)) append_utf8(word, small);
    else
      finish();
  }
  finish();
  return counts;
}

}  // namespace angle
