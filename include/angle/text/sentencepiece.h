// The tokenizer of XLM-R, multilingual-e5 and their relatives: a SentencePiece unigram model.
//
// Ids are those of Hugging Face's fast tokenizer, which departs from the SentencePiece library: it splits at
// white space before the unigram model, applies the character map per grapheme cluster, and adds scores in
// float64 (the library's float32 sums break ties differently, about once in 30 000 random words).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "angle/text/special_tokens.h"
#include "angle/text/tokenizer.h"

namespace angle {

/// A piece and its log-probability.
struct ScoredPiece {
  std::string piece;
  double score = 0.0;
};

struct UnigramOptions {
  std::vector<ScoredPiece> pieces;  // by id
  int64_t unknown_id = 0;
  bool lowercase_first = false;           // text is lower-cased before anything else
  std::string precompiled_charsmap = "";  // SentencePiece's normalization table, bytes; empty for none
  bool strip_left = false;                // white space at the start of the text is dropped
  bool strip_right = false;               // white space at its end
  bool collapse_spaces = false;           // runs of spaces count as one
  bool split_at_white_space = true;       // else only spaces separate words, and each counts
  bool mark_first_word = true;            // text that doesn't begin with a space is read as if it did
  SpecialTokens special_tokens;
};

/// Error for a damaged character map and for an unknown_id outside the vocabulary.
std::unique_ptr<Tokenizer> make_unigram(const UnigramOptions& options);

/// What a SentencePiece model file (`sentencepiece.bpe.model`) holds.
struct SentencePieceModel {
  std::vector<ScoredPiece> pieces;  // by the library's own id
  std::string precompiled_charsmap;
};

/// Reads a unigram model file; Error when it is damaged or of another kind (BPE, word, char).
SentencePieceModel read_sentencepiece_model(const std::filesystem::path& path);

/// The model as XLM-R numbers it (fairseq): <s> <pad> </s> <unk> are 0 to 3, other ids one more than the
/// library's, <mask> the last; `<mask>` takes the white space before it.
UnigramOptions xlm_roberta_options(const SentencePieceModel& model);

}  // namespace angle
