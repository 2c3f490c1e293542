// What all tokenizers share: special tokens around the text and inside it, the vocabulary, the limit on ids.
#pragma once

#include <string_view>
#include <utility>

#include "angle/text/special_tokens.h"
#include "angle/text/tokenizer.h"

#include "text/added_tokens.h"
#include "text/id_sink.h"
#include "text/unicode.h"
#include "text/vocabulary.h"

namespace angle {

class SegmentedTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view text, int64_t max_length) const final;
  std::string_view token(int64_t id) const final;
  int64_t vocab_size() const final { return vocabulary_.size(); }
  int64_t unknown_id() const final { return unknown_id_; }
  int64_t num_special_tokens() const final {
    return static_cast<int64_t>(special_tokens_.before.size() + special_tokens_.after.size());
  }

 protected:
  /// @param vocabulary       by id, without the added tokens that are not part of the model
  /// @param lowercase_first  what lies between added tokens is lower-cased before anything else
  SegmentedTokenizer(std::vector<std::string> vocabulary, SpecialTokens special_tokens, bool lowercase_first);

  /// The ids of the text between two added tokens.
  virtual void encode_segment(std::string_view segment, IdSink& ids) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const SpecialTokens& special_tokens() const { return special_tokens_; }
  void set_unknown_id(int64_t id) { unknown_id_ = id; }

  /// The added tokens that are looked for in normalised text, by their normalised spelling.
  template <typename Normalize>
  AddedTokenMatcher normalized_matcher(Normalize&& normalize) const;

 private:
  SpecialTokens special_tokens_;
  bool lowercase_first_;
  AddedTokenMatcher raw_matcher_;
  Vocabulary vocabulary_;
  int64_t unknown_id_ = -1;
};

template <typename Normalize>
AddedTokenMatcher SegmentedTokenizer::normalized_matcher(Normalize&& normalize) const {
  std::vector<AddedToken> tokens;
  for (AddedToken token : special_tokens_.added) {
    if (!token.normalized) continue;
    token.content = normalize(lowercase_first_ ? to_lowercase(token.content) : token.content);
    tokens.push_back(std::move(token));
  }
  return AddedTokenMatcher(tokens);
}

}  // namespace angle
