#include "text/unigram.h"

#include <algorithm>
#include <limits>

#include "text/utf8_decode.h"

namespace angle {
namespace {

/// The best way to cut a word up to some byte: its score, the last piece and where that begins.
struct Cut {
  double score = 0.0;
  int32_t id = Vocabulary::kNotFound;  // kNotFound: no way found yet
  uint32_t begin = 0;

  void improve(double new_score, int32_t new_id, size_t new_begin) {
    if (id == Vocabulary::kNotFound || new_score > score)
      *this = {new_score, new_id, static_cast<uint32_t>(new_begin)};
  }
};

}  // namespace

Unigram::Unigram(const Vocabulary& vocabulary, std::span<const ScoredPiece> pieces, int32_t unknown_id)
    : vocabulary_(vocabulary), start_(vocabulary.continuation("")), unknown_id_(unknown_id) {
  constexpr double kUnknownPenalty = 10.0;
  double worst = std::numeric_limits<double>::infinity();
  scores_.reserve(pieces.size());
  for (const ScoredPiece& piece : pieces) {
    scores_.push_back(piece.score);
    worst = std::min(worst, piece.score);
  }
  unknown_score_ = worst - kUnknownPenalty;
}

void Unigram::encode(std::string_view word, std::vector<int32_t>& ids) const {
  std::vector<Cut> cuts(word.size() + 1);
  for (size_t at = 0; at < word.size();) {
    const double score = cuts[at].score;
    const size_t character = utf8_sequence(word, at).length;
    bool has_piece = false;  // of just this character
    vocabulary_.for_each_prefix(start_, word.substr(at), [&](size_t length, int32_t id) {
      cuts[at + length].improve(scores_[static_cast<size_t>(id)] + score, id, at);
      has_piece = has_piece || length == character;
    });
    if (!has_piece) cuts[at + character].improve(unknown_score_ + score, unknown_id_, at);
    at += character;
  }

  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  bool after_unknown = false;
  for (size_t end = word.size(); end > 0; end = cuts[end].begin) {
    const bool unknown = cuts[end].id == unknown_id_;
    if (!unknown || !after_unknown) ids.push_back(cuts[end].id);
    after_unknown = unknown;
  }
  std::reverse(ids.begin() + first, ids.end());
}

}  // namespace angle
