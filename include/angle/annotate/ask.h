// Many questions to several language models at once: from recorded replies and the cache first, then over the
// network, with as many connections and as fast as each endpoint allows.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/chat_reply.h"
#include "angle/annotate/chat_request.h"

namespace angle {

/// What one annotator was asked and what it took. Tokens and cost are those of this run: replies that were
/// there already cost nothing.
struct Usage {
  int64_t asked = 0;  // answered over the network
  int64_t cached = 0;
  int64_t recorded = 0;
  int64_t failed = 0;  // without a reply
  int64_t retries = 0;
  int64_t lost = 0;  // sent without a whole answer, as after a time-out: their tokens are not among these
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  double cost = 0;  // in the currency of the configured prices
};

struct AskOptions {
  std::filesystem::path cache;                      // directory of cached replies; empty: none
  bool offline = false;                             // only what is recorded or cached
  const std::atomic<bool>* interrupted = nullptr;   // stops asking when it becomes true
  std::function<void(const std::string&)> warning;  // a retry, a failure; called by one thread at a time
  std::function<void(int64_t, int64_t)> progress;   // requests done, requests in all; likewise
};

struct Answers {
  std::vector<std::optional<ChatReply>> replies;  // in the order of the requests
  std::map<std::string, int64_t> failures;        // what went wrong → for how many requests
};

struct AskResults;
class Budget;

/// Asks the annotators of a configuration; counts over all calls.
class Asker {
 public:
  /// Reads the files of recorded replies.
  Asker(const AnnotateConfig& config, AskOptions options);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  /// Answers in the order of the requests, whatever the order in which they came. A request that fails for
  /// good, after its retries, has no reply; an endpoint that refuses the key, the address or (ours to it) the
  /// certificate, or fails several times in a row, is asked no more. Each reply is in the cache before
  /// the next request is sent, so after a kill or an interruption only what is missing is asked. Equal
  /// requests to one endpoint are sent once, as the cache would answer the second. max_cost holds for all
  /// calls together, and for every answer that tells its tokens, usable or not; a request whose answer did
  /// not come whole counts like an average one (annotate/budget.h). With max_cost, an endpoint that doesn't
  /// tell them is asked no more.
  ///
  /// Error when a key is needed and not in the environment, or when the cache can't be read or written.
  Answers ask(const std::vector<ChatRequest>& requests);

  const std::vector<Usage>& usage() const { return usage_; }

 private:
  struct Sources;
  struct Open;
  std::optional<ChatReply> find_reply(const ChatRequest& request);
  std::string why_not_asked(const ChatRequest& request) const;
  Open answer_what_is_known(const std::vector<ChatRequest>& requests, AskResults& results);
  void copy_reply(const std::optional<ChatReply>& first, const ChatRequest& request,
                  std::optional<ChatReply>& reply);
  std::exception_ptr run_queues(const std::map<std::string, std::vector<size_t>>& open,
                                const std::vector<ChatRequest>& requests, AskResults& results) const;

  const AnnotateConfig& config_;
  AskOptions options_;
  std::vector<Usage> usage_;  // per annotator
  std::unique_ptr<Budget> budget_;
  std::unique_ptr<Sources> sources_;
};

}  // namespace angle
