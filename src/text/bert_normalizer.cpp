#include "text/bert_normalizer.h"

#include <cstdint>
#include <memory>

#include "text/bert_characters.h"

namespace angle {
namespace {

// The classes of a character, as bits.
constexpr uint8_t kRemoved = 1;
constexpr uint8_t kIdeograph = 2;
constexpr uint8_t kMark = 4;
constexpr uint8_t kPunctuation = 8;
constexpr uint8_t kWhiteSpace = 16;

uint8_t find_classes(char32_t character) {
  uint8_t classes = 0;
  if (contains(bert_characters::kRemoved, character) || character == 0) classes |= kRemoved;
  if (contains(bert_characters::kIdeographs, character)) classes |= kIdeograph;
  if (contains(bert_characters::kMarks, character)) classes |= kMark;
  if (contains(bert_characters::kPunctuation, character)) classes |= kPunctuation;
  if (is_white_space(character)) classes |= kWhiteSpace;
  return classes;
}

constexpr char32_t kTableSize = 0x3000;  // all alphabets in use; beyond it are mostly ideographs

/// The classes of a character: by table where most text is, by search elsewhere.
uint8_t classes_of(char32_t character) {
  static const auto table = [] {
    auto classes = std::make_unique<uint8_t[]>(kTableSize);
    for (char32_t c = 0; c < kTableSize; ++c) classes[c] = find_classes(c);
    return classes;
  }();
  return character < kTableSize ? table[character] : find_classes(character);
}

}  // namespace

void BertWord::append(char32_t character, bool reorder) {
  if (characters_.size() == max_chars_) {
    too_long_ = true;
    return;
  }
  auto place = characters_.end();
  if (reorder)
    if (const uint8_t own_class = combining_class(character); own_class > 0)
      while (place != characters_.begin() && combining_class(*(place - 1)) > own_class) --place;
  characters_.insert(place, character);
}

std::string_view BertWord::text() {
  text_.clear();
  for (const char32_t character : characters_) append_utf8(text_, character);
  return text_;
}

void BertWord::clear() {
  characters_.clear();
  too_long_ = false;
}

BertNormalizer::Role BertNormalizer::role(char32_t raw) const {
  const uint8_t classes = classes_of(raw);
  if (options_.clean_text && (classes & kRemoved) != 0) return Role::dropped;
  if ((classes & kWhiteSpace) != 0) return Role::space;
  if (options_.handle_chinese_chars && (classes & kIdeograph) != 0) return Role::ideograph;
  return Role::letter;
}

CodePoints<8> BertNormalizer::characters(char32_t raw) const {
  CodePoints<8> result;
  const auto put = [this, &result](char32_t character) {
    if (!options_.lowercase) return result.push_back(character);
    for (const char32_t small : lowercase(character)) result.push_back(small);
  };
  if (!options_.strip_accents) {
    put(raw);
    return result;
  }
  for (const char32_t part : canonical_decomposition(raw))
    if ((classes_of(part) & kMark) == 0) put(part);
  return result;
}

bool BertNormalizer::is_punctuation(char32_t character) {
  return (classes_of(character) & kPunctuation) != 0;
}

std::string BertNormalizer::normalize(std::string_view text) const {
  std::u32string normalized;
  for (size_t at = 0; at < text.size();) {
    const char32_t raw = decode_utf8(text, at);
    const Role role = this->role(raw);
    if (role == Role::dropped) continue;
    if (role != Role::letter) normalized.push_back(U' ');
    if (role == Role::space) continue;
    for (const char32_t character : characters(raw)) normalized.push_back(character);
    if (role == Role::ideograph) normalized.push_back(U' ');
  }
  if (options_.strip_accents) order_marks(normalized);

  std::string result;
  for (const char32_t character : normalized) append_utf8(result, character);
  return result;
}

}  // namespace angle
