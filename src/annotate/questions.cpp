#include "annotate/questions.h"

#include <spdlog/fmt/fmt.h>

namespace angle {

Questions::Questions(const AnnotateConfig& config)
    : config_(config),
      same_(load_prompt("same", config.prompts.same, {"text", "size"})),
      opposite_(load_prompt("opposite", config.prompts.opposite, {"text", "size"})) {
  if (!config.prompts.score.empty())
    score_ = load_prompt("score", config.prompts.score, {"text", "candidates"});
  for (const AnnotatorConfig& annotator : config.annotators)
    instructions_.push_back(
        annotator.instruction.empty() ? "" : load_prompt("instruction", annotator.instruction, {}).text);
}

ChatRequest Questions::for_sentences(size_t annotator, Relation relation, const std::string& text) const {
  const Prompt& prompt = relation == Relation::same ? same_ : opposite_;
  return make(annotator, prompt, text,
              render(prompt, {{"text", text}, {"size", std::to_string(config_.sentences)}}));
}

ChatRequest Questions::for_scores(size_t annotator, const std::string& text,
                                  const std::vector<std::string>& candidates) const {
  std::string list;
  for (size_t i = 0; i < candidates.size(); ++i)
    list += fmt::format("{}{}. {}", i == 0 ? "" : "\n", i + 1, candidates[i]);
  return make(annotator, score_, text, render(score_, {{"text", text}, {"candidates", list}}));
}

ChatRequest Questions::make(size_t annotator, const Prompt& prompt, const std::string& text,
                            const std::string& question) const {
  ChatRequest request = make_chat_request(config_.annotators[annotator], instructions_[annotator], question);
  request.annotator = annotator;
  request.prompt = prompt.name;
  request.prompt_hash = prompt.hash;
  request.text = text;
  return request;
}

}  // namespace angle
