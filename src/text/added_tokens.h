// Finds added tokens ([MASK], <s>) in a text.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "angle/text/special_tokens.h"

#include "text/vocabulary.h"

namespace angle {

class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  explicit AddedTokenMatcher(std::span<const AddedToken> tokens);

  struct Match {
    size_t begin = 0;  // with the white space that the token takes
    size_t end = 0;
    int64_t id = 0;
  };

  /// The first match at or behind `from`; of those that begin there, the longest.
  std::optional<Match> next(std::string_view text, size_t from) const;

  bool empty() const { return tokens_.empty(); }

 private:
  std::optional<Match> match_at(std::string_view text, size_t at) const;
  Match with_white_space(std::string_view text, size_t from, Match match, const AddedToken& token) const;

  std::vector<AddedToken> tokens_;
  Vocabulary spellings_;
  Vocabulary::Continuation start_;
  std::array<bool, 256> begins_token_{};
};

/// Calls on_text(piece) and on_token(id) for what lies between the added tokens and for these, in order.
template <typename OnText, typename OnToken>
void split_at_added_tokens(const AddedTokenMatcher& matcher, std::string_view text, OnText&& on_text,
                           OnToken&& on_token) {
  size_t from = 0;
  while (const auto match = matcher.next(text, from)) {
    if (match->begin > from) on_text(text.substr(from, match->begin - from));
    on_token(match->id);
    from = match->end;
  }
  if (from < text.size()) on_text(text.substr(from));
}

}  // namespace angle
