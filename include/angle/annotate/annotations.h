// From unlabelled sentences to sentences of the same and of opposite meaning, by language models
// ("LLM-supervised learning", AnglE, arXiv 2309.12871): ask, take the replies apart, filter, and let every
// annotator score what all of them wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/ask.h"
#include "angle/annotate/chat_reply.h"
#include "angle/annotate/chat_request.h"
#include "angle/json_enum.h"

namespace angle {

/// What a sentence was written to be to its seed.
enum class Relation { same, opposite };
ANGLE_JSON_ENUM(Relation, {{Relation::same, "same"}, {Relation::opposite, "opposite"}})

/// Why something a model wrote is not used.
enum class Rejection {
  refused,        // a reply that declines, or was withheld by the server
  cut,            // the last sentence of a reply that reached its greatest length
  unlisted,       // a line that is no item of the list
  surplus,        // more sentences than asked for
  empty,          // no letter and no digit
  copy,           // the seed itself, but for case and punctuation
  duplicate,      // the same sentence again, of the same annotator
  contradiction,  // one sentence as both the same and the opposite
  too_long        // more than max_words
};
ANGLE_JSON_ENUM(Rejection, {{Rejection::refused, "refused"},
                            {Rejection::cut, "cut"},
                            {Rejection::unlisted, "unlisted"},
                            {Rejection::surplus, "surplus"},
                            {Rejection::empty, "empty"},
                            {Rejection::copy, "copy"},
                            {Rejection::duplicate, "duplicate"},
                            {Rejection::contradiction, "contradiction"},
                            {Rejection::too_long, "too_long"}})

/// From 0 to 5, one of each annotator; none where nobody asked or no score could be read.
using Scores = std::vector<std::optional<double>>;

/// A sentence that a model wrote for a seed.
struct Candidate {
  size_t seed = 0;       // in Annotations::seeds
  size_t annotator = 0;  // in the configuration
  Relation relation = Relation::same;
  std::string text;
  size_t reply = 0;  // in Annotations::replies
  Scores scores;
};

/// A pair of other people's making, and what the annotators make of it.
struct ScoredGold {
  std::string left;
  std::string right;
  double label = 0;  // gold, from 0 to 5
  Scores scores;
};

struct Annotations {
  std::vector<std::string> seeds;
  int64_t blank_seeds = 0;      // lines of the file without a letter or digit, left out
  int64_t duplicate_seeds = 0;  // sentences that came before, left out
  std::vector<ChatReply> replies;
  std::vector<Candidate> candidates;  // by seed, annotator, relation, and as they stand in the reply
  std::vector<ScoredGold> gold;
  std::vector<std::map<Rejection, int64_t>> rejected;  // per annotator
  int64_t unread_scores = 0;                           // asked for, but not in the reply
  std::map<std::string, int64_t> failures;             // requests without a reply, by what went wrong
  bool complete = false;                               // all was asked that there is to ask
};

/// Asks for sentences, then for scores. Where requests failed it goes on without them when `skip_failed` says
/// so; otherwise it ends before the scores, which would be asked for once more when the missing sentences
/// are there.
///
/// Error when a file of the configuration can't be read, or there are no seeds.
Annotations annotate(const AnnotateConfig& config, Asker& asker, bool skip_failed);

/// The requests that annotate() would send if nothing were recorded or cached: those for sentences, and those
/// for scores as far as the sentences are there already.
std::vector<ChatRequest> plan_requests(const AnnotateConfig& config, Asker& asker);

}  // namespace angle
