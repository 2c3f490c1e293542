#include "angle/annotate/annotation_report.h"

#include <array>
#include <cstdlib>

#include "angle/eval/bootstrap.h"
#include "angle/eval/correlation.h"
#include "angle/running_mean.h"

#include "annotate/agreement.h"
#include "annotate/leaks.h"
#include "annotate/words.h"

namespace angle {
namespace {

constexpr double kSameScore = 3;
constexpr int64_t kLengthRule = 5;  // words; the paper's number

PairStatistics pair_statistics(const Annotations& annotations, size_t annotator, Relation relation) {
  PairStatistics statistics;
  RunningMean words, difference, overlap, within;
  for (const Candidate& candidate : annotations.candidates) {
    if (candidate.annotator != annotator || candidate.relation != relation) continue;
    const std::string& seed = annotations.seeds[candidate.seed];
    const int64_t length = count_words(candidate.text), differs = std::abs(length - count_words(seed));
    ++statistics.pairs;
    words.add(static_cast<double>(length));
    difference.add(static_cast<double>(differs));
    overlap.add(word_overlap(seed, candidate.text));
    within.add(differs >= kLengthRule ? 1 : 0);
  }
  statistics.words = words.value();
  statistics.word_difference = difference.value();
  statistics.overlap = overlap.value();
  statistics.within_length_rule = within.value();
  return statistics;
}

std::optional<double> score_of(const Scores& scores, size_t annotator) {
  return annotator < scores.size() ? scores[annotator] : std::nullopt;
}

std::optional<double> share_confirmed(const Annotations& annotations, size_t annotator) {
  RunningMean confirmed;
  for (const Candidate& candidate : annotations.candidates)
    if (const auto score = score_of(candidate.scores, annotator))
      confirmed.add((*score >= kSameScore) == (candidate.relation == Relation::same) ? 1 : 0);
  return confirmed.value();
}

/// Two scorers' scores of the same pairs.
struct PairedScores {
  std::vector<double> left, right;

  void add(const std::optional<double>& one, const std::optional<double>& other) {
    if (!one || !other) return;
    left.push_back(*one);
    right.push_back(*other);
  }

  AgreementReport report(const std::string& left_name, const std::string& right_name) const {
    return {.left = left_name,
            .right = right_name,
            .pairs = static_cast<int64_t>(left.size()),
            .spearman = spearman(left, right),
            .interval = confidence_interval(resample_correlations(std::array{left}, right).front().spearman),
            .kappa = weighted_kappa(left, right, 5)};
  }
};

std::vector<AgreementReport> agreement(const Annotations& annotations, const AnnotateConfig& config) {
  std::vector<AgreementReport> reports;
  for (size_t a = 0; a < config.annotators.size(); ++a) {
    for (size_t b = a + 1; b < config.annotators.size(); ++b) {
      PairedScores scores;
      for (const Candidate& candidate : annotations.candidates)
        scores.add(score_of(candidate.scores, a), score_of(candidate.scores, b));
      reports.push_back(scores.report(config.annotators[a].name, config.annotators[b].name));
    }
  }
  return reports;
}

std::optional<double> mean_score(const Scores& scores) {
  RunningMean mean;
  for (const auto& score : scores)
    if (score) mean.add(*score);
  return mean.value();
}

std::vector<AgreementReport> gold_agreement(const Annotations& annotations, const AnnotateConfig& config) {
  std::vector<AgreementReport> reports;
  if (annotations.gold.empty()) return reports;
  for (size_t a = 0; a < config.annotators.size(); ++a) {
    PairedScores scores;
    for (const ScoredGold& pair : annotations.gold) scores.add(score_of(pair.scores, a), pair.label);
    reports.push_back(scores.report(config.annotators[a].name, "gold"));
  }
  PairedScores means;
  for (const ScoredGold& pair : annotations.gold) means.add(mean_score(pair.scores), pair.label);
  reports.push_back(means.report("their mean", "gold"));
  return reports;
}

OutputReport output_report(const Annotations& annotations, const AnnotateConfig& config,
                           const OutputConfig& output) {
  const TrainingPairs pairs = combine(annotations, config, output);
  OutputReport report{.path = output.path, .left_out = pairs.left_out};
  for (const AnnotatedPair& pair : pairs.pairs)
    ++(annotations.candidates[pair.candidate].relation == Relation::same ? report.same : report.opposite);
  return report;
}

void count_repetitions(const Annotations& annotations, AnnotationReport& report) {
  std::map<std::string, size_t> seeds;
  for (size_t i = 0; i < annotations.seeds.size(); ++i) seeds[plain_words(annotations.seeds[i])] = i;
  std::map<std::string, size_t> written;  // the seed for which a sentence was written first
  for (const Candidate& candidate : annotations.candidates) {
    const std::string plain = plain_words(candidate.text);
    report.written_twice += written.try_emplace(plain, candidate.seed).first->second != candidate.seed;
    report.also_seeds += seeds.contains(plain) && seeds.at(plain) != candidate.seed;
  }
}

}  // namespace

AnnotationReport make_annotation_report(const Annotations& annotations, const AnnotateConfig& config,
                                        const std::filesystem::path& data_dir) {
  AnnotationReport report{.seeds = static_cast<int64_t>(annotations.seeds.size()),
                          .blank_seeds = annotations.blank_seeds,
                          .duplicate_seeds = annotations.duplicate_seeds,
                          .replies = static_cast<int64_t>(annotations.replies.size()),
                          .failures = annotations.failures,
                          .unread_scores = annotations.unread_scores};
  RunningMean seed_words;
  for (const std::string& seed : annotations.seeds) seed_words.add(static_cast<double>(count_words(seed)));
  report.seed_words = seed_words.value();
  count_repetitions(annotations, report);
  for (size_t i = 0; i < config.annotators.size(); ++i)
    report.annotators.push_back({.name = config.annotators[i].name,
                                 .same = pair_statistics(annotations, i, Relation::same),
                                 .opposite = pair_statistics(annotations, i, Relation::opposite),
                                 .rejected = annotations.rejected[i],
                                 .confirmed = share_confirmed(annotations, i)});
  if (!config.prompts.score.empty()) {
    report.agreement = agreement(annotations, config);
    report.gold = gold_agreement(annotations, config);
  }
  for (const OutputConfig& output : config.outputs)
    report.outputs.push_back(output_report(annotations, config, output));
  std::vector<std::string> sentences = annotations.seeds;
  for (const Candidate& candidate : annotations.candidates) sentences.push_back(candidate.text);
  report.leaks = find_leaks(sentences, data_dir);
  return report;
}

}  // namespace angle
