// One question to a language model, as an OpenAI-compatible server is asked it.
#pragma once

#include <cstddef>
#include <string>

#include "angle/annotate/annotate_config.h"
#include "angle/io/json.h"

namespace angle {

struct ChatRequest {
  size_t annotator = 0;     // its place in the configuration
  std::string prompt;       // "same", "opposite" or "score"
  std::string prompt_hash;  // version of the prompt file
  std::string text;         // the sentence that is asked about
  json body;                // {"model": …, "messages": […], …}
  std::string hash;         // of the body: what cached and recorded replies are found by
};

/// @param instruction  the system message; empty: none
/// @param question     the user message
ChatRequest make_chat_request(const AnnotatorConfig& annotator, const std::string& instruction,
                              const std::string& question);

}  // namespace angle
