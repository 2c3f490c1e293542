// The unigram model: of all ways to cut a word into pieces, the most probable (Kudo 2018, arXiv:1804.10959).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "angle/text/sentencepiece.h"

#include "text/vocabulary.h"

namespace angle {

class Unigram {
 public:
  /// @param vocabulary  the pieces; lives as long as the model
  Unigram(const Vocabulary& vocabulary, std::span<const ScoredPiece> pieces, int32_t unknown_id);

  /// The ids of a word. Characters in no piece score 10 less than the worst piece; neighbours among them are
  /// one unknown token. Of equally probable cuts, the one whose last piece begins first wins, as in the fast
  /// tokenizer: scores are added from the left in float64, so that even rounding is the same.
  void encode(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  const Vocabulary& vocabulary_;
  Vocabulary::Continuation start_;
  std::vector<double> scores_;  // by id
  double unknown_score_;
  int32_t unknown_id_;
};

}  // namespace angle
