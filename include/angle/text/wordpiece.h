// The tokenizer of BERT and its relatives: words, then the longest pieces of each word (WordPiece).
//
// Ids are those of Hugging Face's fast tokenizer, whose character tables are frozen at Unicode 8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "angle/text/special_tokens.h"
#include "angle/text/tokenizer.h"

namespace angle {

/// What is done to the characters of a text, in this order.
struct BertNormalization {
  bool clean_text = true;            // drop control, format and private-use characters
  bool handle_chinese_chars = true;  // every CJK ideograph is a word of its own
  bool strip_accents = true;         // canonical decomposition, then drop the non-spacing marks
  bool lowercase = true;             // character by character, full mapping
};

struct WordPieceOptions {
  std::vector<std::string> vocabulary;  // by id; an empty string where there is no token
  std::string unknown_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  int64_t max_input_chars_per_word = 100;  // code points; a longer word is one unknown token
  BertNormalization normalization;
  bool lowercase_first = false;  // text is lower-cased before that, whatever it says
  SpecialTokens special_tokens;
};

/// Error when the vocabulary lacks the unknown token.
std::unique_ptr<Tokenizer> make_wordpiece(const WordPieceOptions& options);

}  // namespace angle
