// One connection to an OpenAI-compatible server, by cpp-httplib.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "angle/annotate/annotate_config.h"

#include "annotate/retry.h"

namespace angle {

/// What came of sending a request once.
struct Exchange {
  Outcome outcome = Outcome::retry;
  std::string body;                   // when answered
  std::string problem;                // otherwise: what went wrong, without the key
  std::optional<double> retry_after;  // seconds that the server asks to wait
  bool may_be_billed = false;         // sent, but the answer did not come whole: nobody tells what it took
};

/// The key an endpoint is to be sent, from the environment; "" when it names no variable. Error when the
/// variable is not set, or its value can't be part of a header (the value is not shown).
std::string endpoint_key(const EndpointConfig& endpoint, const std::string& name);

class ChatClient {
 public:
  /// @param interrupted  when it becomes true, a request under way is broken off; may be null
  ChatClient(const EndpointConfig& endpoint, std::string key, const std::atomic<bool>* interrupted);
  ~ChatClient();

  /// Sends a request and waits for the reply, for timeout_seconds altogether. Of a reply that is longer than
  /// max_reply_bytes no more is read. Redirections are not followed: they would take the key elsewhere.
  /// Wherever the server repeats the key, `[key]` stands in its place (annotate/redaction.h).
  Exchange send(const std::string& body);

 private:
  struct Connection;
  const EndpointConfig& endpoint_;
  const std::string key_;
  const std::atomic<bool>* interrupted_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace angle
