#include "text/segmented_tokenizer.h"

#include <algorithm>

#include "angle/error.h"

namespace angle {
namespace {

/// Added tokens may have ids of their own behind the model's; those are not for the model to find.
Vocabulary with_added_tokens(std::vector<std::string> vocabulary, const SpecialTokens& special_tokens) {
  const size_t searchable = vocabulary.size();
  for (const AddedToken& token : special_tokens.added) {
    const auto id = static_cast<size_t>(token.id);
    if (id >= vocabulary.size()) vocabulary.resize(id + 1);
    vocabulary[id] = token.content;
  }
  return Vocabulary(vocabulary, searchable);
}

AddedTokenMatcher matcher_of_raw_text(const SpecialTokens& special_tokens) {
  std::vector<AddedToken> tokens;
  std::copy_if(special_tokens.added.begin(), special_tokens.added.end(), std::back_inserter(tokens),
               [](const AddedToken& token) { return !token.normalized; });
  return AddedTokenMatcher(tokens);
}

}  // namespace

SegmentedTokenizer::SegmentedTokenizer(std::vector<std::string> vocabulary, SpecialTokens special_tokens,
                                       bool lowercase_first)
    : special_tokens_(std::move(special_tokens)),
      lowercase_first_(lowercase_first),
      raw_matcher_(matcher_of_raw_text(special_tokens_)),
      vocabulary_(with_added_tokens(std::move(vocabulary), special_tokens_)) {}

Encoding SegmentedTokenizer::encode(std::string_view text, int64_t max_length) const {
  if (max_length < num_special_tokens())
    fail("max_length {}: the model's special tokens alone are {}; set it to at least that", max_length,
         num_special_tokens());

  constexpr size_t kBytesPerToken = 3;  // fewer in most texts: memory to set aside, not a limit
  const auto specials = static_cast<size_t>(num_special_tokens());
  const size_t limit = static_cast<size_t>(max_length) - specials;
  IdSink ids(static_cast<size_t>(max_length) - special_tokens_.after.size(),
             specials + std::min(limit, text.size() / kBytesPerToken + 1));
  for (const int64_t id : special_tokens_.before) ids.push_back(id);
  split_at_added_tokens(
      raw_matcher_, text,
      [this, &ids](std::string_view segment) {
        if (lowercase_first_)
          encode_segment(to_lowercase(segment), ids);
        else
          encode_segment(segment, ids);
      },
      [&ids](int64_t id) { ids.push_back(id); });
  return std::move(ids).finish(special_tokens_.after);
}

std::string_view SegmentedTokenizer::token(int64_t id) const {
  if (id < 0 || id >= vocabulary_.size() || vocabulary_.token(static_cast<int32_t>(id)).empty())
    fail("token id {}: not in the vocabulary of {} tokens", id, vocabulary_.size());
  return vocabulary_.token(static_cast<int32_t>(id));
}

}  // namespace angle
