// What the annotators are asked, word for word.
#pragma once

#include <string>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/annotations.h"
#include "angle/annotate/chat_request.h"

#include "annotate/prompt.h"

namespace angle {

class Questions {
 public:
  /// Reads the prompts and the annotators' instructions. Error when one can't be read or lacks a placeholder.
  explicit Questions(const AnnotateConfig& config);

  /// For sentences of the same or of opposite meaning.
  ChatRequest for_sentences(size_t annotator, Relation relation, const std::string& text) const;

  /// For the scores of numbered sentences. The configuration must name a prompt for it.
  ChatRequest for_scores(size_t annotator, const std::string& text,
                         const std::vector<std::string>& candidates) const;

 private:
  ChatRequest make(size_t annotator, const Prompt& prompt, const std::string& text,
                   const std::string& question) const;

  const AnnotateConfig& config_;
  Prompt same_, opposite_, score_;
  std::vector<std::string> instructions_;  // per annotator
};

}  // namespace angle
