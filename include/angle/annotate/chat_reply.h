// A language model's reply with where it came from: what the cache keeps, what `--record` writes, and what is
// replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "angle/annotate/chat_request.h"
#include "angle/io/json.h"

namespace angle {

struct ChatReply {
  std::string request;      // hash of the request's body
  std::string annotator;    // by name
  std::string model;        // as the endpoint calls it
  std::string prompt;       // "same", "opposite" or "score"
  std::string prompt_hash;  // version of the prompt file
  std::string text;         // the sentence that was asked about
  std::string time;         // of the reply, UTC: 2026-11-24T10:30:00Z
  std::string reply;        // what the model said
  std::string
      finish_reason;  // "stop"; "length" when it was cut; "content_filter"; "refusal"; "" when not told
  int64_t prompt_tokens = 0;  // as the server counted; 0 when it didn't
  int64_t completion_tokens = 0;
};

/// As one JSON object, the keys named like the members; reading ignores further keys.
json to_record(const ChatReply& reply);

/// Error with `where` in front when a key is missing or of another type.
ChatReply from_record(const json& record, const std::string& where);

/// The tokens of a chat completion, as the server counted.
struct TokenUsage {
  int64_t prompt = 0;
  int64_t completion = 0;
};

/// The `usage` in the body of an answer, whatever else is in it; nothing when it doesn't tell both counts.
std::optional<TokenUsage> read_token_usage(std::string_view body);

/// The reply in the body of an answered chat completion: of the first choice the content (a text, or a list
/// of parts) or, without one, the refusal; empty where the model ended without a word, as when it spent all
/// tokens on thinking or its words were withheld. Nothing when the body is nothing of the kind.
std::optional<ChatReply> read_chat_completion(std::string_view body, const ChatRequest& request);

}  // namespace angle
