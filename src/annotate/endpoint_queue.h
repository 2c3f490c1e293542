// The requests that one endpoint has still to answer, and the threads that send them.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "angle/annotate/ask.h"
#include "angle/io/directory_lock.h"

#include "annotate/budget.h"
#include "annotate/pacer.h"
#include "annotate/reply_store.h"
#include "annotate/retry.h"

namespace angle {

class ChatClient;
struct Exchange;

/// Where all queues of one run put their results: one lock for all, since results are rare.
struct AskResults {
  explicit AskResults(Budget& limit) : budget(limit) {}

  Budget& budget;
  std::mutex mutex;  // of all below
  Answers answers;
  std::vector<Usage> usage;  // per annotator
  int64_t done = 0;
};

class EndpointQueue {
 public:
  /// Error when the key is not in the environment, and when another process asks the same endpoint with the
  /// same cache: both would pay for the same replies, at twice the rate.
  ///
  /// @param places  of the requests to send in `requests`, which like the rest must outlive the queue
  EndpointQueue(const AnnotateConfig& config, const std::string& endpoint, const AskOptions& options,
                const std::vector<ChatRequest>& requests, std::vector<size_t> places);

  /// Ends the threads after the request that each is at.
  ~EndpointQueue();

  /// Starts the threads. Error of the system when there may be no more; those that were started go on.
  void start(AskResults& results);

  /// Waits for the threads; returns what one of them threw (the cache could not be written), or null.
  std::exception_ptr finish();

 private:
  void work(AskResults& results);
  void answer(ChatClient& client, size_t place, AskResults& results);
  std::optional<Exchange> send(ChatClient& client, const ChatRequest& request, AskResults& results);
  void count(const ChatRequest& request, const TokenUsage& tokens, AskResults& results);
  static void count_lost(const ChatRequest& request, AskResults& results);
  void keep(const ChatReply& reply, size_t place, AskResults& results);
  void stop(const std::string& why);
  std::string why_stopped(const AskResults& results);
  void give_up(size_t place, const std::string& problem, AskResults& results);
  void note_failure(size_t place, const std::string& problem, AskResults& results);
  void note_retry(const ChatRequest& request, const std::string& problem, double delay, AskResults& results);
  bool interrupted() const;
  bool sleep_until(Pacer::Clock::time_point until) const;
  bool wait_for_turn();
  double jitter();

  /// After so many requests in a row have failed for good, the rest would too.
  static constexpr int64_t kFailuresInARow = 5;

  const AnnotateConfig& config_;
  const std::string name_;
  const EndpointConfig& endpoint_;
  const AskOptions& options_;
  const std::vector<ChatRequest>& requests_;
  const std::vector<size_t> places_;
  const std::string key_;
  const ReplyCache cache_;
  std::optional<DirectoryLock> lock_;  // of the cache
  Pacer pacer_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<int64_t> failures_in_a_row_ = 0;
  std::mutex mutex_;  // of the three below
  std::string why_stopped_;
  std::minstd_rand random_;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace angle
