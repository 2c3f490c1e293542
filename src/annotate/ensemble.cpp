#include "angle/annotate/ensemble.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "angle/io/checksum.h"

#include "annotate/words.h"

namespace angle {
namespace {

class Combiner {
 public:
  Combiner(const Annotations& annotations, const AnnotateConfig& config, const OutputConfig& output)
      : annotations_(annotations), output_(output), members_(annotators_of(config, output)) {}

  TrainingPairs combine() {
    note_relations();
    TrainingPairs combined;
    for (const size_t annotator : members_) {
      for (size_t i = 0; i < annotations_.candidates.size(); ++i) {
        const Candidate& candidate = annotations_.candidates[i];
        if (candidate.annotator != annotator) continue;
        if (const auto reason = why_left_out(candidate))
          ++combined.left_out[*reason];
        else
          combined.pairs.push_back({.candidate = i, .score = score(candidate)});
      }
    }
    return combined;
  }

 private:
  using Sentence = std::pair<size_t, std::string>;  // seed, plain words

  static Sentence sentence(const Candidate& candidate) {
    return {candidate.seed, plain_words(candidate.text)};
  }

  void note_relations() {
    for (const Candidate& candidate : annotations_.candidates)
      if (std::find(members_.begin(), members_.end(), candidate.annotator) != members_.end())
        written_as_[static_cast<size_t>(candidate.relation)].insert(sentence(candidate));
  }

  std::optional<LeftOut> why_left_out(const Candidate& candidate) {
    const Sentence text = sentence(candidate);
    if (written_as_[0].contains(text) && written_as_[1].contains(text)) return LeftOut::contradiction;
    if (output_.combine == Combination::vote && votes(candidate) < votes_needed()) return LeftOut::outvoted;
    if (candidate.relation == Relation::opposite && word_difference(candidate) < output_.min_word_difference)
      return LeftOut::length_rule;
    if (output_.label == PairLabel::mean_score && scores(candidate).empty()) return LeftOut::unscored;
    if (!used_.insert(text).second) return LeftOut::duplicate;
    return std::nullopt;
  }

  int64_t word_difference(const Candidate& candidate) const {
    return std::abs(count_words(annotations_.seeds[candidate.seed]) - count_words(candidate.text));
  }

  /// The members' scores, without those that are missing.
  std::vector<double> scores(const Candidate& candidate) const {
    std::vector<double> scores;
    for (const size_t annotator : members_)
      if (annotator < candidate.scores.size() && candidate.scores[annotator])
        scores.push_back(*candidate.scores[annotator]);
    return scores;
  }

  int64_t votes(const Candidate& candidate) const {
    const std::vector<double> all = scores(candidate);
    return std::count_if(all.begin(), all.end(), [&](double score) {
      return (score >= output_.same_score) == (candidate.relation == Relation::same);
    });
  }

  int64_t votes_needed() const {
    return output_.min_votes > 0 ? output_.min_votes : static_cast<int64_t>(members_.size()) / 2 + 1;
  }

  double score(const Candidate& candidate) const {
    if (output_.label == PairLabel::binary) return candidate.relation == Relation::same ? 1 : 0;
    const std::vector<double> all = scores(candidate);
    double sum = 0;
    for (const double one : all) sum += one;
    return sum / static_cast<double>(all.size()) / 5;
  }

  const Annotations& annotations_;
  const OutputConfig& output_;
  const std::vector<size_t> members_;  // annotators
  std::set<Sentence> written_as_[2];
  std::set<Sentence> used_;
};

constexpr std::array<const char*, 8> kProvenance = {"relation",    "annotator", "model",      "prompt",
                                                    "prompt_hash", "request",   "reply_hash", "time"};

json provenance(const Candidate& candidate, const ChatReply& reply, const AnnotateConfig& config) {
  json row = {{"relation", candidate.relation},
              {"annotator", reply.annotator},
              {"model", reply.model},
              {"prompt", reply.prompt},
              {"prompt_hash", reply.prompt_hash},
              {"request", reply.request},
              {"reply_hash", checksum(reply.reply)},
              {"time", reply.time}};
  for (size_t i = 0; i < candidate.scores.size(); ++i)
    if (candidate.scores[i]) row["annotator_scores"][config.annotators[i].name] = *candidate.scores[i];
  return row;
}

}  // namespace

std::vector<size_t> annotators_of(const AnnotateConfig& config, const OutputConfig& output) {
  const std::vector<std::string>& names = output.annotators;
  std::vector<size_t> annotators;
  for (size_t i = 0; i < config.annotators.size(); ++i)
    if (names.empty() || std::find(names.begin(), names.end(), config.annotators[i].name) != names.end())
      annotators.push_back(i);
  return annotators;
}

TrainingPairs combine(const Annotations& annotations, const AnnotateConfig& config,
                      const OutputConfig& output) {
  return Combiner(annotations, config, output).combine();
}

std::string format_pairs(const TrainingPairs& pairs, const Annotations& annotations,
                         const AnnotateConfig& config) {
  std::string lines;
  for (const AnnotatedPair& pair : pairs.pairs) {
    const Candidate& candidate = annotations.candidates[pair.candidate];
    json row = provenance(candidate, annotations.replies[candidate.reply], config);
    row["sentence1"] = annotations.seeds[candidate.seed];
    row["sentence2"] = candidate.text;
    row["score"] = pair.score;
    lines += row.dump() + "\n";
  }
  return lines;
}

bool has_provenance(const json& row) {
  return std::all_of(kProvenance.begin(), kProvenance.end(),
                     [&](const char* key) { return row.contains(key); });
}

}  // namespace angle
