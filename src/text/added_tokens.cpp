#include "text/added_tokens.h"

#include <string>
#include <vector>

#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {
namespace {

bool is_inside_word(std::string_view text, size_t begin, size_t end) {
  if (begin > 0) {
    size_t before = character_before(text, begin);
    if (is_word_character(decode_utf8(text, before))) return true;
  }
  return end < text.size() && is_word_character(decode_utf8(text, end));
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::span<const AddedToken> tokens) {
  std::vector<std::string> contents;
  for (const auto& token : tokens) {
    if (token.content.empty()) continue;
    tokens_.push_back(token);
    contents.push_back(token.content);
    begins_token_[static_cast<uint8_t>(token.content.front())] = true;
  }
  spellings_ = Vocabulary(contents);
  start_ = spellings_.continuation("");
}

std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::next(std::string_view text, size_t from) const {
  if (tokens_.empty()) return std::nullopt;
  for (size_t at = from; at < text.size(); ++at) {
    if (!begins_token_[static_cast<uint8_t>(text[at])]) continue;
    const auto match = match_at(text, at);
    if (!match) continue;
    const AddedToken& token = tokens_[static_cast<size_t>(match->id)];
    if (!token.single_word || !is_inside_word(text, match->begin, match->end))
      return with_white_space(text, from, *match, token);
    at = match->end - 1;
  }
  return std::nullopt;
}

/// The match's id is still the index of the token.
std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::match_at(std::string_view text, size_t at) const {
  std::optional<Match> longest;
  spellings_.for_each_prefix(start_, text.substr(at), [&longest, at](size_t length, int32_t index) {
    longest = Match{at, at + length, index};
  });
  return longest;
}

AddedTokenMatcher::Match AddedTokenMatcher::with_white_space(std::string_view text, size_t from, Match match,
                                                             const AddedToken& token) const {
  match.id = token.id;
  while (token.lstrip && match.begin > from) {
    const size_t before = character_before(text, match.begin);
    size_t end = before;
    if (before < from || !is_white_space(decode_utf8(text, end))) break;
    match.begin = before;
  }
  while (token.rstrip && match.end < text.size()) {
    size_t end = match.end;
    if (!is_white_space(decode_utf8(text, end))) break;
    match.end = end;
  }
  return match;
}

}  // namespace angle
