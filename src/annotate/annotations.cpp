#include "angle/annotate/annotations.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "angle/data/reader.h"
#include "angle/data/text_reader.h"
#include "angle/error.h"
#include "angle/io/checksum.h"

#include "annotate/candidate_filter.h"
#include "annotate/questions.h"
#include "annotate/reply_parser.h"
#include "annotate/words.h"

namespace angle {
namespace {

constexpr std::array<Relation, 2> kRelations = {Relation::same, Relation::opposite};

void read_seeds(const SeedsConfig& config, Annotations& annotations) {
  TextReader reader(config.path, {.field = config.field});
  std::set<std::string> known;
  std::string text;
  while (reader.next(text)) {
    const std::string plain = plain_words(text);
    if (plain.empty()) {
      ++annotations.blank_seeds;
    } else if (!known.insert(plain).second) {
      ++annotations.duplicate_seeds;
    } else {
      annotations.seeds.push_back(text);
      if (static_cast<int64_t>(annotations.seeds.size()) == config.limit) break;
    }
  }
  if (annotations.seeds.empty()) fail("{}: there is no sentence in it", config.path);
}

void read_gold(const GoldConfig& config, Annotations& annotations) {
  if (config.path.empty()) return;
  const double lowest = config.label_scale[0], highest = config.label_scale[1];
  for (ScoredPair& pair : read_scored_pairs(config.path, {.label_scale = config.label_scale}).examples) {
    annotations.gold.push_back({.left = std::move(pair.left),
                                .right = std::move(pair.right),
                                .label = 5 * (pair.label - lowest) / (highest - lowest)});
    if (static_cast<int64_t>(annotations.gold.size()) == config.limit) break;
  }
}

/// The places of each seed's candidates, in an order that does not tell who wrote what.
std::vector<std::vector<size_t>> candidates_by_seed(const Annotations& annotations) {
  std::vector<std::vector<size_t>> by_seed(annotations.seeds.size());
  for (size_t i = 0; i < annotations.candidates.size(); ++i)
    by_seed[annotations.candidates[i].seed].push_back(i);
  const auto key = [&](size_t i) {
    const Candidate& candidate = annotations.candidates[i];
    return std::pair(checksum(annotations.seeds[candidate.seed] + "\n" + candidate.text), i);
  };
  for (std::vector<size_t>& places : by_seed)
    std::sort(places.begin(), places.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  return by_seed;
}

/// A request for scores, and where they belong.
struct ScoreRequest {
  ChatRequest request;
  std::vector<Scores*> scores;  // in the order of the numbered sentences
};

class Job {
 public:
  Job(const AnnotateConfig& config, Asker& asker) : config_(config), asker_(asker), questions_(config) {
    read_seeds(config.seeds, annotations_);
    read_gold(config.gold, annotations_);
    annotations_.rejected.resize(config.annotators.size());
  }

  /// In the order seed, annotator, relation.
  std::vector<ChatRequest> sentence_requests() const {
    std::vector<ChatRequest> requests;
    for (const std::string& seed : annotations_.seeds)
      for (size_t annotator = 0; annotator < config_.annotators.size(); ++annotator)
        for (const Relation relation : kRelations)
          requests.push_back(questions_.for_sentences(annotator, relation, seed));
    return requests;
  }

  void ask_for_sentences() {
    const std::vector<std::optional<ChatReply>> replies = ask(sentence_requests());
    size_t at = 0;
    for (size_t seed = 0; seed < annotations_.seeds.size(); ++seed)
      for (size_t annotator = 0; annotator < config_.annotators.size(); ++annotator, at += 2)
        add_candidates(seed, annotator, replies[at], replies[at + 1]);
  }

  std::vector<ScoreRequest> score_requests() {
    std::vector<ScoreRequest> requests;
    if (config_.prompts.score.empty()) return requests;
    const auto add = [&](const std::string& text, const std::vector<std::string>& candidates,
                         const std::vector<Scores*>& scores) {
      for (size_t annotator = 0; annotator < config_.annotators.size(); ++annotator)
        requests.push_back({questions_.for_scores(annotator, text, candidates), scores});
    };
    const std::vector<std::vector<size_t>> by_seed = candidates_by_seed(annotations_);
    for (size_t seed = 0; seed < by_seed.size(); ++seed) {
      std::vector<std::string> texts;
      std::vector<Scores*> scores;
      for (const size_t place : by_seed[seed]) {
        texts.push_back(annotations_.candidates[place].text);
        scores.push_back(&annotations_.candidates[place].scores);
      }
      if (!texts.empty()) add(annotations_.seeds[seed], texts, scores);
    }
    for (ScoredGold& pair : annotations_.gold) add(pair.left, {pair.right}, {&pair.scores});
    return requests;
  }

  void ask_for_scores() {
    std::vector<ChatRequest> requests;
    const std::vector<ScoreRequest> wanted = score_requests();
    for (const ScoreRequest& one : wanted) requests.push_back(one.request);
    const std::vector<std::optional<ChatReply>> replies = ask(requests);
    for (size_t i = 0; i < wanted.size(); ++i)
      if (replies[i]) keep_scores(wanted[i], *replies[i]);
  }

  bool has_failures() const { return !annotations_.failures.empty() || missing_; }

  Annotations take(bool complete) {
    annotations_.complete = complete && !missing_;
    return std::move(annotations_);
  }

 private:
  std::vector<std::optional<ChatReply>> ask(const std::vector<ChatRequest>& requests) {
    Answers answers = asker_.ask(requests);
    int64_t failed = 0, without_reply = 0;
    for (const auto& [problem, count] : answers.failures) {
      annotations_.failures[problem] += count;
      failed += count;
    }
    for (const auto& reply : answers.replies) {
      without_reply += !reply;
      if (reply) annotations_.replies.push_back(*reply);
    }
    missing_ = missing_ || without_reply > failed;  // interrupted
    return std::move(answers.replies);
  }

  std::vector<std::string> usable(size_t annotator, const std::optional<ChatReply>& reply) {
    if (!reply) return {};
    FilteredSentences filtered = filter_reply(*reply, config_);
    for (const auto& [rejection, count] : filtered.rejected)
      annotations_.rejected[annotator][rejection] += count;
    return std::move(filtered.sentences);
  }

  void add_candidates(size_t seed, size_t annotator, const std::optional<ChatReply>& same,
                      const std::optional<ChatReply>& opposite) {
    std::vector<std::string> texts[] = {usable(annotator, same), usable(annotator, opposite)};
    const int64_t contradictions = remove_contradictions(texts[0], texts[1]);
    if (contradictions > 0) annotations_.rejected[annotator][Rejection::contradiction] += contradictions;
    for (const Relation relation : kRelations) {
      const std::optional<ChatReply>& reply = relation == Relation::same ? same : opposite;
      if (!reply) continue;
      for (std::string& text : texts[static_cast<size_t>(relation)])
        annotations_.candidates.push_back({.seed = seed,
                                           .annotator = annotator,
                                           .relation = relation,
                                           .text = std::move(text),
                                           .reply = next_reply_,
                                           .scores = {}});
      ++next_reply_;
    }
  }

  void keep_scores(const ScoreRequest& wanted, const ChatReply& reply) {
    const auto scores = parse_scores(reply.reply, wanted.scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      wanted.scores[i]->resize(config_.annotators.size());
      (*wanted.scores[i])[wanted.request.annotator] = scores[i];
      annotations_.unread_scores += !scores[i];
    }
  }

  const AnnotateConfig& config_;
  Asker& asker_;
  const Questions questions_;
  Annotations annotations_;
  size_t next_reply_ = 0;  // replies are kept in the order in which candidates are added
  bool missing_ = false;   // requests that were not even sent
};

}  // namespace

Annotations annotate(const AnnotateConfig& config, Asker& asker, bool skip_failed) {
  Job job(config, asker);
  job.ask_for_sentences();
  if (job.has_failures() && !skip_failed) return job.take(false);
  job.ask_for_scores();
  return job.take(skip_failed || !job.has_failures());
}

std::vector<ChatRequest> plan_requests(const AnnotateConfig& config, Asker& asker) {
  Job job(config, asker);
  std::vector<ChatRequest> requests = job.sentence_requests();
  job.ask_for_sentences();
  for (ScoreRequest& wanted : job.score_requests()) requests.push_back(std::move(wanted.request));
  return requests;
}

}  // namespace angle
