// Which of the sentences in a reply are used.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "angle/annotate/annotations.h"

namespace angle {

struct FilteredSentences {
  std::vector<std::string> sentences;
  std::map<Rejection, int64_t> rejected;
};

/// The usable sentences of one reply.
FilteredSentences filter_reply(const ChatReply& reply, const AnnotateConfig& config);

/// Takes out of both lists what one annotator wrote as the same and as the opposite of a seed. Returns how
/// many were taken out.
int64_t remove_contradictions(std::vector<std::string>& same, std::vector<std::string>& opposite);

}  // namespace angle
