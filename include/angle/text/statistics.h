// What tokenising a file did to its texts, so that truncation is never silent.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include "angle/text/tokenizer.h"

namespace angle {

struct TextStatistics {
  int64_t texts = 0;
  int64_t tokens = 0;            // kept, special tokens included
  int64_t texts_cut = 0;         // texts that lost tokens to truncation
  int64_t tokens_cut = 0;        // tokens lost
  int64_t texts_in_windows = 0;  // texts longer than the model reads, of which nothing was lost
  int64_t windows = 0;           // theirs
  int64_t unknown_tokens = 0;    // kept tokens that are the unknown token
  int64_t empty_texts = 0;       // only special tokens are left of them: no text, white space, controls

  void add(const Encoding& encoding, const Tokenizer& tokenizer);
  TextStatistics& operator+=(const TextStatistics& other);
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TextStatistics, texts, tokens, texts_cut, tokens_cut, texts_in_windows,
                                   windows, unknown_tokens, empty_texts)

}  // namespace angle
