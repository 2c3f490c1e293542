#include "angle/text/byte_bpe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "angle/error.h"
#include "angle/text/utf8.h"

#include "text/pair_merger.h"
#include "text/segmented_tokenizer.h"
#include "text/unicode.h"
#include "text/utf8_decode.h"
#include "text/word_cache.h"

namespace angle {
namespace {

/// The characters that stand for bytes: printable Latin-1 for itself, the other bytes in order from U+0100.
const std::array<std::string, 256>& byte_characters() {
  static const auto characters = [] {
    std::array<std::string, 256> result;
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      append_utf8(result[byte], printable ? byte : next++);
    }
    return result;
  }();
  return characters;
}

enum class Kind { space, letter, number, sign };

Kind kind_of(char32_t character) {
  if (is_white_space(character)) return Kind::space;
  if (is_letter(character)) return Kind::letter;
  return is_number(character) ? Kind::number : Kind::sign;
}

/// Cuts text where GPT-2's pattern does:
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  /// The next word; empty at the end.
  std::string_view next() {
    const size_t begin = at_;
    at_ = begin == text_.size() ? begin : end_of_word(begin);
    return text_.substr(begin, at_ - begin);
  }

 private:
  size_t end_of_word(size_t begin) const {
    const std::string_view rest = text_.substr(begin);
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
      if (rest.starts_with(ending)) return begin + ending.size();

    const size_t first = begin + (rest.front() == ' ' && rest.size() > 1 ? 1 : 0);
    if (const Kind kind = kind_at(first); kind != Kind::space) return end_of_run(first, kind).end;
    const Run spaces = end_of_run(begin, Kind::space);
    // The last space before a word goes to the word, where there are several.
    return spaces.end < text_.size() && spaces.last > begin ? spaces.last : spaces.end;
  }

  Kind kind_at(size_t at) const { return kind_of(decode_utf8(text_, at)); }

  struct Run {
    size_t last;  // where its last character begins
    size_t end;
  };
  Run end_of_run(size_t begin, Kind kind) const {
    Run run{begin, begin};
    for (size_t at = begin; at < text_.size();) {
      const size_t here = at;
      if (kind_of(decode_utf8(text_, at)) != kind) break;
      run = {here, at};
    }
    return run;
  }

  std::string_view text_;
  size_t at_ = 0;
};

class ByteBpeTokenizer final : public SegmentedTokenizer {
 public:
  explicit ByteBpeTokenizer(const ByteBpeOptions& options);

 private:
  void encode_segment(std::string_view segment, IdSink& ids) const override;
  std::string normalize(std::string_view text) const;
  void encode_normalized(std::string_view text, IdSink& ids) const;
  void encode_word(std::string_view word, IdSink& ids) const;
  std::vector<int32_t> merged(std::string_view word) const;

  PairMerger merger_;
  std::array<int32_t, 256> ids_of_bytes_{};
  bool nfc_, add_prefix_space_, split_words_, ignore_merges_;
  AddedTokenMatcher normalized_matcher_;
  uint32_t cache_owner_ = WordCache::new_owner();
};

ByteBpeTokenizer::ByteBpeTokenizer(const ByteBpeOptions& options)
    : SegmentedTokenizer(options.vocabulary, options.special_tokens, options.lowercase_first),
      merger_(vocabulary(), options.merges),
      nfc_(options.nfc),
      add_prefix_space_(options.add_prefix_space),
      split_words_(options.split_words),
      ignore_merges_(options.ignore_merges),
      normalized_matcher_(normalized_matcher([this](std::string_view text) { return normalize(text); })) {
  for (size_t byte = 0; byte < 256; ++byte) {
    ids_of_bytes_[byte] = vocabulary().find(byte_characters()[byte]);
    if (ids_of_bytes_[byte] == Vocabulary::kNotFound)
      fail("vocabulary: no token \"{}\" for the byte {}; it is not that of a byte-level model",
           byte_characters()[byte], byte);
  }
  set_unknown_id(options.unknown_id);
}

std::string ByteBpeTokenizer::normalize(std::string_view text) const {
  const auto is_ascii = [](char byte) { return static_cast<uint8_t>(byte) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);
  return nfc_ ? to_nfc(text) : replace_invalid_utf8(text);
}

void ByteBpeTokenizer::encode_segment(std::string_view segment, IdSink& ids) const {
  split_at_added_tokens(
      normalized_matcher_, normalize(segment),
      [this, &ids](std::string_view piece) { encode_normalized(piece, ids); },
      [&ids](int64_t id) { ids.push_back(id); });
}

void ByteBpeTokenizer::encode_normalized(std::string_view text, IdSink& ids) const {
  std::string with_space;
  if (add_prefix_space_ && !text.starts_with(' ')) text = with_space.append(" ").append(text);
  if (!split_words_) return encode_word(text, ids);
  WordSplitter words(text);
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) encode_word(word, ids);
}

void ByteBpeTokenizer::encode_word(std::string_view word, IdSink& ids) const {
  WordCache& cache = WordCache::of_this_thread();
  const uint64_t hash = WordCache::hash_of(word);
  std::span<const int32_t> known;
  if (cache.find(cache_owner_, word, hash, known)) return ids.append(known);
  const std::vector<int32_t> found = merged(word);
  cache.store(cache_owner_, word, hash, found);
  ids.append(found);
}

std::vector<int32_t> ByteBpeTokenizer::merged(std::string_view word) const {
  if (ignore_merges_) {
    std::string spelling;
    for (const char byte : word) spelling += byte_characters()[static_cast<uint8_t>(byte)];
    if (const int32_t id = vocabulary().find(spelling); id != Vocabulary::kNotFound) return {id};
  }
  std::vector<int32_t> ids;
  ids.reserve(word.size());
  for (const char byte : word) ids.push_back(ids_of_bytes_[static_cast<uint8_t>(byte)]);
  merger_.merge(ids);
  return ids;
}

}  // namespace

std::unique_ptr<Tokenizer> make_byte_bpe(const ByteBpeOptions& options) {
  return std::make_unique<ByteBpeTokenizer>(options);
}

}  // namespace angle
