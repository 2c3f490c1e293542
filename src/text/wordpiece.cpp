#include "angle/text/wordpiece.h"

#include <array>

#include "angle/error.h"

#include "text/bert_normalizer.h"
#include "text/segmented_tokenizer.h"
#include "text/word_cache.h"

namespace angle {
namespace {

/// Ids of a chunk short enough for the cache. A character of two bytes or more becomes at most 8, an ASCII
/// one 1.
struct ShortChunkIds {
  std::array<int32_t, 4 * WordCache::kMaxBytes> values;
  size_t count = 0;

  void push_back(int32_t id) { values[count++] = id; }
  operator std::span<const int32_t>() const { return {values.data(), count}; }
};

class WordPieceTokenizer final : public SegmentedTokenizer {
 public:
  explicit WordPieceTokenizer(const WordPieceOptions& options);

 private:
  /// What a byte means before any normalisation. Chunks, the runs of what is neither space nor punctuation,
  /// can be tokenised apart: nothing in the normalisation reaches across a space or an ASCII punctuation
  /// character.
  enum class ByteClass : uint8_t { letter, space, punctuation, other };

  struct Chunk {
    std::string_view text;
    uint64_t hash;
    bool plain;  // of ASCII letters and digits alone
  };

  void encode_segment(std::string_view segment, IdSink& ids) const override;
  void encode_chunks(std::string_view text, IdSink& ids) const;
  void encode_cached(const Chunk& chunk, WordCache& cache, IdSink& ids) const;

  template <typename Ids>
  void encode_chunk(std::string_view chunk, bool plain, Ids& ids) const;
  template <typename Ids>
  void encode_plain_chunk(std::string_view chunk, Ids& ids) const;
  /// @param word  normalised
  template <typename Ids>
  void encode_word(std::string_view word, Ids& ids) const;

  static ByteClass byte_class(uint8_t byte, const BertNormalizer& normalizer);

  BertNormalizer normalizer_;
  size_t max_chars_;
  int32_t unknown_;
  Vocabulary::Continuation first_, next_;  // pieces at the start of a word, and inside
  AddedTokenMatcher normalized_matcher_;
  std::array<ByteClass, 256> byte_classes_;
  std::array<char, 256> lowercase_;  // of ASCII, the identity for cased models
  std::array<int32_t, 256> ids_of_punctuation_{};
  uint32_t cache_owner_ = WordCache::new_owner();
};

WordPieceTokenizer::WordPieceTokenizer(const WordPieceOptions& options)
    : SegmentedTokenizer(options.vocabulary, options.special_tokens, options.lowercase_first),
      normalizer_(options.normalization),
      max_chars_(static_cast<size_t>(options.max_input_chars_per_word)),
      unknown_(vocabulary().find(options.unknown_token)),
      first_(vocabulary().continuation("")),
      next_(vocabulary().continuation(options.continuing_subword_prefix)),
      normalized_matcher_(
          normalized_matcher([this](std::string_view text) { return normalizer_.normalize(text); })) {
  if (unknown_ == Vocabulary::kNotFound)
    fail("vocabulary: no unknown token \"{}\" among {} tokens", options.unknown_token, vocabulary().size());
  set_unknown_id(unknown_);
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto character = static_cast<char>(byte);
    byte_classes_[byte] = byte_class(static_cast<uint8_t>(byte), normalizer_);
    lowercase_[byte] = options.normalization.lowercase && character >= 'A' && character <= 'Z'
                           ? static_cast<char>(character + ('a' - 'A'))
                           : character;
    if (byte_classes_[byte] != ByteClass::punctuation) continue;
    const int32_t id = vocabulary().find({&character, 1});
    ids_of_punctuation_[byte] = id == Vocabulary::kNotFound ? unknown_ : id;
  }
}

WordPieceTokenizer::ByteClass WordPieceTokenizer::byte_class(uint8_t byte, const BertNormalizer& normalizer) {
  using Role = BertNormalizer::Role;
  if (byte >= 0x80) return ByteClass::other;
  const Role role = normalizer.role(byte);
  if (role == Role::space) return ByteClass::space;
  if (role == Role::dropped) return ByteClass::other;
  return BertNormalizer::is_punctuation(byte) ? ByteClass::punctuation : ByteClass::letter;
}

void WordPieceTokenizer::encode_segment(std::string_view segment, IdSink& ids) const {
  if (normalized_matcher_.empty()) return encode_chunks(segment, ids);
  // Normalising twice changes nothing, so that what lies between the tokens can be treated like raw text.
  split_at_added_tokens(
      normalized_matcher_, normalizer_.normalize(segment),
      [this, &ids](std::string_view piece) { encode_chunks(piece, ids); },
      [&ids](int64_t id) { ids.push_back(id); });
}

void WordPieceTokenizer::encode_chunks(std::string_view text, IdSink& ids) const {
  WordCache& cache = WordCache::of_this_thread();
  const auto class_at = [this, text](size_t at) { return byte_classes_[static_cast<uint8_t>(text[at])]; };
  for (size_t at = 0; at < text.size();) {
    if (class_at(at) == ByteClass::space) {
      ++at;
      continue;
    }
    if (class_at(at) == ByteClass::punctuation) {
      ids.push_back(ids_of_punctuation_[static_cast<uint8_t>(text[at++])]);
      continue;
    }

    const size_t begin = at;
    uint64_t hash = WordCache::kEmptyHash;
    bool plain = true;
    for (; at < text.size(); ++at) {
      const ByteClass byte_class = class_at(at);
      if (byte_class == ByteClass::space || byte_class == ByteClass::punctuation) break;
      plain = plain && byte_class == ByteClass::letter;
      hash = WordCache::append(hash, text[at]);
    }

    encode_cached({text.substr(begin, at - begin), hash, plain}, cache, ids);
  }
}

void WordPieceTokenizer::encode_cached(const Chunk& chunk, WordCache& cache, IdSink& ids) const {
  std::span<const int32_t> known;
  if (cache.find(cache_owner_, chunk.text, chunk.hash, known)) {
    ids.append(known);
  } else if (chunk.text.size() > WordCache::kMaxBytes) {
    encode_chunk(chunk.text, chunk.plain, ids);
  } else {
    ShortChunkIds found;
    encode_chunk(chunk.text, chunk.plain, found);
    cache.store(cache_owner_, chunk.text, chunk.hash, found);
    ids.append(found);
  }
}

template <typename Ids>
void WordPieceTokenizer::encode_chunk(std::string_view chunk, bool plain, Ids& ids) const {
  if (plain) return encode_plain_chunk(chunk, ids);
  normalizer_.for_each_word(chunk, max_chars_, [this, &ids](BertWord& word) {
    if (word.too_long())
      ids.push_back(unknown_);
    else
      encode_word(word.text(), ids);
  });
}

/// A chunk of ASCII letters and digits is one word.
template <typename Ids>
void WordPieceTokenizer::encode_plain_chunk(std::string_view chunk, Ids& ids) const {
  if (chunk.size() > max_chars_) return ids.push_back(unknown_);
  std::string word(chunk);
  for (char& byte : word) byte = lowercase_[static_cast<uint8_t>(byte)];
  encode_word(word, ids);
}

template <typename Ids>
void WordPieceTokenizer::encode_word(std::string_view word, Ids& ids) const {
  thread_local std::vector<int32_t> pieces;  // all or nothing: a word with a hole is one unknown token
  pieces.clear();
  for (size_t at = 0; at < word.size();) {
    size_t longest = 0;
    int32_t piece = Vocabulary::kNotFound;
    vocabulary().for_each_prefix(at == 0 ? first_ : next_, word.substr(at),
                                 [&longest, &piece](size_t length, int32_t id) {
                                   longest = length;
                                   piece = id;
                                 });
    if (longest == 0) return ids.push_back(unknown_);
    pieces.push_back(piece);
    at += longest;
  }
  for (const int32_t piece : pieces) ids.push_back(piece);
}

}  // namespace

std::unique_ptr<Tokenizer> make_wordpiece(const WordPieceOptions& options) {
  return std::make_unique<WordPieceTokenizer>(options);
}

}  // namespace angle
