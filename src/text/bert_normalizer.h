// The characters of BERT's words: cleaning, CJK spacing, accent stripping, lower-casing, and the split into
// words.
#pragma once

#include <string>
#include <string_view>

#include "angle/text/wordpiece.h"

#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {

/// A word being put together. It holds no more than `max_chars` characters, however long the word is.
class BertWord {
 public:
  explicit BertWord(size_t max_chars) : max_chars_(max_chars) {}

  /// Appends; with `reorder`, marks move to their canonical place.
  void append(char32_t character, bool reorder);
  bool empty() const { return characters_.empty(); }
  bool too_long() const { return too_long_; }
  /// The word in UTF-8, valid until the next append().
  std::string_view text();
  void clear();

 private:
  size_t max_chars_;
  std::u32string characters_;
  std::string text_;
  bool too_long_ = false;
};

class BertNormalizer {
 public:
  explicit BertNormalizer(const BertNormalization& options) : options_(options) {}

  /// Calls on_word(BertWord&) for each word of `text`.
  template <typename OnWord>
  void for_each_word(std::string_view text, size_t max_chars, OnWord&& on_word) const;

  /// The whole text, normalised but not split.
  std::string normalize(std::string_view text) const;

  /// What a raw character does to the word around it.
  enum class Role { dropped, space, ideograph, letter };
  Role role(char32_t raw) const;

  /// What becomes of a raw character that is neither dropped nor a space.
  CodePoints<8> characters(char32_t raw) const;

  static bool is_punctuation(char32_t character);

  const BertNormalization& options() const { return options_; }

 private:
  BertNormalization options_;
};

template <typename OnWord>
void BertNormalizer::for_each_word(std::string_view text, size_t max_chars, OnWord&& on_word) const {
  BertWord word(max_chars);
  const auto finish = [&word, &on_word] {
    if (!word.empty()) on_word(word);
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const char32_t raw = decode_utf8(text, at);
    const Role role = this->role(raw);
    if (role == Role::dropped) continue;
    if (role != Role::letter) finish();
    if (role == Role::space) continue;
    for (const char32_t character : characters(raw)) {
      const bool alone = is_punctuation(character);
      if (alone) finish();
      word.append(character, options_.strip_accents);
      if (alone) finish();
    }
    if (role == Role::ideograph) finish();
  }
  finish();
}

}  // namespace angle
