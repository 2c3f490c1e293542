#include "angle/text/sentencepiece.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/text/utf8.h"

#include "text/charsmap.h"
#include "text/segmented_tokenizer.h"
#include "text/unicode.h"
#include "text/unigram.h"
#include "text/utf8_decode.h"
#include "text/word_cache.h"

namespace angle {
namespace {

constexpr std::string_view kWordBegin = "\xE2\x96\x81";  // U+2581, which stands for a space

class UnigramTokenizer final : public SegmentedTokenizer {
 public:
  explicit UnigramTokenizer(const UnigramOptions& options);

 private:
  void encode_segment(std::string_view segment, IdSink& ids) const override;
  std::string normalize(std::string_view text) const;

  // What follows takes normalised text.
  void encode_normalized(std::string_view text, IdSink& ids) const;
  /// Spaces and U+2581 begin words.
  void encode_marked(std::string_view text, IdSink& ids) const;
  void encode_word(std::string_view word, IdSink& ids) const;

  UnigramOptions options_;  // without the pieces and the map, which are in the members below
  Unigram model_;
  Charsmap charsmap_;
  AddedTokenMatcher normalized_matcher_;
  uint32_t cache_owner_ = WordCache::new_owner();
};

std::vector<std::string> spellings(const std::vector<ScoredPiece>& pieces) {
  std::vector<std::string> result;
  result.reserve(pieces.size());
  for (const ScoredPiece& piece : pieces) result.push_back(piece.piece);
  return result;
}

UnigramTokenizer::UnigramTokenizer(const UnigramOptions& options)
    : SegmentedTokenizer(spellings(options.pieces), options.special_tokens, options.lowercase_first),
      options_(options),
      model_(vocabulary(), options.pieces, static_cast<int32_t>(options.unknown_id)),
      charsmap_(options.precompiled_charsmap, "sentencepiece"),
      normalized_matcher_(normalized_matcher([this](std::string_view text) { return normalize(text); })) {
  if (options.unknown_id < 0 || static_cast<size_t>(options.unknown_id) >= options.pieces.size())
    fail("sentencepiece: unknown id {} is not among {} pieces", options.unknown_id, options.pieces.size());
  set_unknown_id(options.unknown_id);
  options_.pieces.clear();
  options_.precompiled_charsmap.clear();
}

void UnigramTokenizer::encode_segment(std::string_view segment, IdSink& ids) const {
  split_at_added_tokens(
      normalized_matcher_, normalize(segment),
      [this, &ids](std::string_view piece) { encode_normalized(piece, ids); },
      [&ids](int64_t id) { ids.push_back(id); });
}

/// Drops white space at the ends of `text` and makes runs of spaces one, as the options say.
void tidy_spaces(std::string& text, const UnigramOptions& options) {
  size_t begin = text.size(), end = 0;  // of what is not white space
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    if (is_white_space(decode_utf8(text, at))) continue;
    begin = std::min(begin, here);
    end = at;
  }
  if (options.strip_right) text.resize(end);
  if (options.strip_left) text.erase(0, std::min(begin, text.size()));
  if (options.collapse_spaces)
    text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
               text.end());
}

std::string UnigramTokenizer::normalize(std::string_view text) const {
  if (find_invalid_utf8(text)) return normalize(replace_invalid_utf8(text));
  std::string result = charsmap_.normalize(text);
  if (options_.strip_left || options_.strip_right || options_.collapse_spaces) tidy_spaces(result, options_);
  return result;
}

void UnigramTokenizer::encode_normalized(std::string_view text, IdSink& ids) const {
  if (!options_.split_at_white_space) return encode_marked(text, ids);
  const auto finish = [this, text, &ids](size_t begin, size_t end) {
    if (end > begin) encode_marked(text.substr(begin, end - begin), ids);
  };
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    if (!is_white_space(decode_utf8(text, at))) continue;
    finish(begin, here);
    begin = at;
  }
  finish(begin, text.size());
}

void UnigramTokenizer::encode_marked(std::string_view text, IdSink& ids) const {
  const auto separator_at = [text](size_t at) -> size_t {
    if (text[at] == ' ') return 1;
    return text.substr(at).starts_with(kWordBegin) ? kWordBegin.size() : 0;
  };
  std::string word;
  if (options_.mark_first_word && !text.empty() && separator_at(0) == 0) word = kWordBegin;
  for (size_t at = 0; at < text.size();) {
    if (const size_t length = separator_at(at); length > 0) {
      if (!word.empty()) encode_word(word, ids);
      word = kWordBegin;
      at += length;
    } else {
      word.push_back(text[at++]);
    }
  }
  if (!word.empty()) encode_word(word, ids);
}

void UnigramTokenizer::encode_word(std::string_view word, IdSink& ids) const {
  WordCache& cache = WordCache::of_this_thread();
  const uint64_t hash = WordCache::hash_of(word);
  std::span<const int32_t> known;
  if (cache.find(cache_owner_, word, hash, known)) return ids.append(known);
  std::vector<int32_t> found;
  model_.encode(word, found);
  cache.store(cache_owner_, word, hash, found);
  ids.append(found);
}

}  // namespace

std::unique_ptr<Tokenizer> make_unigram(const UnigramOptions& options) {
  return std::make_unique<UnigramTokenizer>(options);
}

}  // namespace angle
