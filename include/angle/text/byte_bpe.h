// The tokenizer of RoBERTa and ModernBERT: byte-level byte-pair encoding (Radford et al. 2019, GPT-2).
//
// Every byte of the text has a printable character that stands for it; words of such characters are merged
// pair by pair, the pair that was most frequent in training first. There is nothing it can't spell.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "angle/text/special_tokens.h"
#include "angle/text/tokenizer.h"

namespace angle {

struct ByteBpeOptions {
  std::vector<std::string> vocabulary;  // by id, spelt in the characters that stand for bytes
  std::vector<std::pair<std::string, std::string>> merges;  // the one that goes first first
  bool lowercase_first = false;                             // text is lower-cased before anything else
  bool nfc = false;                                         // text is composed (normalization form C)
  bool add_prefix_space = false;                            // text that doesn't begin with a space gets one
  bool split_words = true;     // merges stay within words, numbers, runs of signs
  bool ignore_merges = false;  // words in the vocabulary are taken whole
  int64_t unknown_id = -1;     // never produced, only reported
  SpecialTokens special_tokens;
};

/// Error when the vocabulary lacks one of the 256 bytes, or a merge's parts or result.
std::unique_ptr<Tokenizer> make_byte_bpe(const ByteBpeOptions& options);

}  // namespace angle
