#include "angle/annotate/chat_reply.h"

#include <ctime>

#include "angle/error.h"

namespace angle {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// A member of an object, or null for anything else.
json member(const json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object.at(key) : json();
}

/// A text, or the texts of a list of parts one after the other; nothing for anything else.
std::optional<std::string> content_text(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return std::nullopt;
  std::string text;
  for (const json& part : content)
    if (const json piece = member(part, "text"); piece.is_string()) text += piece.get<std::string>();
  return text;
}

std::optional<int64_t> find_token_count(const json& usage, const char* key) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const json count = member(usage, key);
  if (!count.is_number_integer() || count > kMost || count < 0) return std::nullopt;
  return count.get<int64_t>();
}

int64_t token_count(const json& usage, const char* key) { return find_token_count(usage, key).value_or(0); }

/// The body of an answer as JSON; null when it is none.
json parse_body(std::string_view body) {
  try {
    return parse_json(body, "reply");
  } catch (const Error&) {
    return {};
  }
}

/// Whether a message without content is all that the model had to say; after a failure of the server
/// ("error") it may be another one the next time.
bool ended_without_a_word(const json& message, const json& finish_reason) {
  return message.is_object() && member(message, "content").is_null() &&
         (finish_reason == "stop" || finish_reason == "length" || finish_reason == "content_filter");
}

std::string required_text(const json& record, const char* key, const std::string& where) {
  const json value = member(record, key);
  if (!value.is_string()) fail("{}: \"{}\": expected a text, found {}", where, key, value.type_name());
  return value.get<std::string>();
}

}  // namespace

json to_record(const ChatReply& reply) {
  return {{"request", reply.request},
          {"annotator", reply.annotator},
          {"model", reply.model},
          {"prompt", reply.prompt},
          {"prompt_hash", reply.prompt_hash},
          {"text", reply.text},
          {"time", reply.time},
          {"reply", reply.reply},
          {"finish_reason", reply.finish_reason},
          {"prompt_tokens", reply.prompt_tokens},
          {"completion_tokens", reply.completion_tokens}};
}

ChatReply from_record(const json& record, const std::string& where) {
  return {.request = required_text(record, "request", where),
          .annotator = required_text(record, "annotator", where),
          .model = required_text(record, "model", where),
          .prompt = required_text(record, "prompt", where),
          .prompt_hash = required_text(record, "prompt_hash", where),
          .text = required_text(record, "text", where),
          .time = required_text(record, "time", where),
          .reply = required_text(record, "reply", where),
          .finish_reason = required_text(record, "finish_reason", where),
          .prompt_tokens = token_count(record, "prompt_tokens"),
          .completion_tokens = token_count(record, "completion_tokens")};
}

std::optional<TokenUsage> read_token_usage(std::string_view body) {
  const json usage = member(parse_body(body), "usage");
  const auto prompt = find_token_count(usage, "prompt_tokens");
  const auto completion = find_token_count(usage, "completion_tokens");
  if (!prompt || !completion) return std::nullopt;
  return TokenUsage{.prompt = *prompt, .completion = *completion};
}

std::optional<ChatReply> read_chat_completion(std::string_view body, const ChatRequest& request) {
  const json completion = parse_body(body);
  const json choices = member(completion, "choices");
  if (!choices.is_array() || choices.empty()) return std::nullopt;
  const json message = member(choices[0], "message"), finish_reason = member(choices[0], "finish_reason");
  const auto content = content_text(member(message, "content")),
             refusal = content_text(member(message, "refusal"));
  const bool is_silent = !content && !refusal && ended_without_a_word(message, finish_reason);
  if (!content && !refusal && !is_silent) return std::nullopt;

  const json usage = member(completion, "usage");
  ChatReply reply;
  reply.request = request.hash;
  reply.model = request.body.at("model").get<std::string>();
  reply.prompt = request.prompt;
  reply.prompt_hash = request.prompt_hash;
  reply.text = request.text;
  reply.time = utc_now();
  reply.reply = content ? *content : refusal.value_or("");
  reply.finish_reason = finish_reason.is_string() ? finish_reason.get<std::string>() : "";
  if (refusal && !content) reply.finish_reason = "refusal";
  reply.prompt_tokens = token_count(usage, "prompt_tokens");
  reply.completion_tokens = token_count(usage, "completion_tokens");
  return reply;
}

}  // namespace angle
