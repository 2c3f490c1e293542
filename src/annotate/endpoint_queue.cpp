#include "annotate/endpoint_queue.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "angle/error.h"
#include "angle/io/file.h"

#include "annotate/chat_client.h"
#include "annotate/redaction.h"

namespace angle {
namespace {

using Clock = Pacer::Clock;

Clock::duration seconds(double number) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(number));
}

/// A request that the budget let through, until its end.
struct Reserved {
  Budget& budget;
  size_t annotator;
  std::optional<TokenUsage> tokens = std::nullopt;  // of the answer
  bool may_be_billed = false;                       // without these

  ~Reserved() { budget.settle(annotator, tokens, may_be_billed); }
};

}  // namespace

EndpointQueue::EndpointQueue(const AnnotateConfig& config, const std::string& endpoint,
                             const AskOptions& options, const std::vector<ChatRequest>& requests,
                             std::vector<size_t> places)
    : config_(config),
      name_(endpoint),
      endpoint_(config.endpoints.at(endpoint)),
      options_(options),
      requests_(requests),
      places_(std::move(places)),
      key_(endpoint_key(endpoint_, name_)),
      cache_(options.cache, endpoint_.url),
      pacer_(endpoint_.requests_per_minute),
      random_(std::random_device{}()) {
  if (options.cache.empty()) return;
  lock_.emplace(cache_.directory());
  remove_unfinished(cache_.directory());
}

void EndpointQueue::start(AskResults& results) {
  const size_t count = std::min(static_cast<size_t>(endpoint_.concurrency), places_.size());
  for (size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, &results] {
      try {
        work(results);
      } catch (...) {
        stop("not asked, since a reply could not be kept");
        const std::lock_guard lock(mutex_);
        error_ = std::current_exception();
      }
    });
  }
}

EndpointQueue::~EndpointQueue() {
  if (threads_.empty()) return;
  stop("not asked, since the run has ended");
  finish();
}

std::exception_ptr EndpointQueue::finish() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return error_;
}

void EndpointQueue::work(AskResults& results) {
  ChatClient client(endpoint_, key_, options_.interrupted);
  for (size_t at = next_++; at < places_.size() && !interrupted(); at = next_++) {
    const std::string problem = why_stopped(results);
    if (problem.empty())
      answer(client, places_[at], results);
    else
      note_failure(places_[at], problem, results);
  }
}

/// Why nothing more is asked, or "".
std::string EndpointQueue::why_stopped(const AskResults& results) {
  if (results.budget.is_spent()) return "not asked, since max_cost is spent";
  const std::lock_guard lock(mutex_);
  return stopped_ ? why_stopped_ : "";
}

void EndpointQueue::stop(const std::string& why) {
  const std::lock_guard lock(mutex_);
  why_stopped_ = why;
  stopped_ = true;
}

/// Sends a request when the budget and the endpoint's rate allow it; nothing when it was not sent.
std::optional<Exchange> EndpointQueue::send(ChatClient& client, const ChatRequest& request,
                                            AskResults& results) {
  if (!results.budget.reserve(request.annotator, [this] { return interrupted() || stopped_; }))
    return std::nullopt;
  Reserved reserved{results.budget, request.annotator};
  if (!wait_for_turn()) return std::nullopt;
  Exchange exchange = client.send(request.body.dump());
  reserved.may_be_billed = exchange.may_be_billed;
  if (exchange.may_be_billed) count_lost(request, results);
  if (exchange.outcome != Outcome::answered) return exchange;
  reserved.tokens = read_token_usage(exchange.body);
  if (reserved.tokens)
    count(request, *reserved.tokens, results);
  else if (results.budget.limits(request.annotator) && read_chat_completion(exchange.body, request))
    stop("not asked, since the server tells no tokens (\"usage\"), which max_cost needs; 0 is no limit");
  return exchange;
}

/// Counts what an answer took, whether it can be used or not.
void EndpointQueue::count(const ChatRequest& request, const TokenUsage& tokens, AskResults& results) {
  const std::lock_guard lock(results.mutex);
  Usage& usage = results.usage[request.annotator];
  usage.prompt_tokens += tokens.prompt;
  usage.completion_tokens += tokens.completion;
  usage.cost += results.budget.cost_of(request.annotator, tokens);
}

void EndpointQueue::count_lost(const ChatRequest& request, AskResults& results) {
  const std::lock_guard lock(results.mutex);
  ++results.usage[request.annotator].lost;
}

/// Sends one request until it is answered or there is no point in going on.
void EndpointQueue::answer(ChatClient& client, size_t place, AskResults& results) {
  const ChatRequest& request = requests_[place];
  for (int64_t attempt = 0;; ++attempt) {
    std::optional<Exchange> sent = send(client, request, results);
    if (interrupted() && (!sent || sent->outcome != Outcome::answered)) return;
    if (!sent) return note_failure(place, why_stopped(results), results);
    Exchange& exchange = *sent;
    if (exchange.outcome == Outcome::answered) {
      const auto reply = read_chat_completion(exchange.body, request);
      if (reply) return keep(*reply, place, results);
      exchange = {.outcome = Outcome::retry, .problem = "the reply is no chat completion"};
    }
    if (exchange.outcome == Outcome::stop_asking) stop(exchange.problem);
    const bool waits_too_long = exchange.retry_after.value_or(0) > endpoint_.max_wait_seconds;
    if (waits_too_long)
      exchange.problem +=
          fmt::format("; it asks to wait {:.0f} s, more than max_wait_seconds", *exchange.retry_after);
    if (exchange.outcome != Outcome::retry || waits_too_long || attempt == endpoint_.retries)
      return give_up(place, exchange.problem, results);

    const double delay =
        std::max(backoff_delay(endpoint_, attempt, jitter()), exchange.retry_after.value_or(0));
    note_retry(request, exchange.problem, delay, results);
    if (exchange.retry_after) pacer_.hold(Clock::now() + seconds(*exchange.retry_after));
    if (!sleep_until(Clock::now() + seconds(delay))) return;
  }
}

void EndpointQueue::keep(const ChatReply& reply, size_t place, AskResults& results) {
  const size_t annotator = requests_[place].annotator;
  ChatReply signed_reply = reply;
  signed_reply.annotator = config_.annotators[annotator].name;
  signed_reply.reply = redact(reply.reply, key_);  // which may have come in parts
  signed_reply.finish_reason = redact(reply.finish_reason, key_);
  if (!options_.cache.empty()) cache_.store(signed_reply);
  failures_in_a_row_ = 0;

  const std::lock_guard lock(results.mutex);
  ++results.usage[annotator].asked;
  results.answers.replies[place] = std::move(signed_reply);
  if (options_.progress) options_.progress(++results.done, static_cast<int64_t>(requests_.size()));
}

void EndpointQueue::give_up(size_t place, const std::string& problem, AskResults& results) {
  if (++failures_in_a_row_ == kFailuresInARow && !stopped_)
    stop(fmt::format("not asked, since {} requests in a row had failed", kFailuresInARow));
  note_failure(place, problem, results);
}

void EndpointQueue::note_failure(size_t place, const std::string& problem, AskResults& results) {
  const std::lock_guard lock(results.mutex);
  ++results.usage[requests_[place].annotator].failed;
  ++results.answers.failures[fmt::format("endpoints.{}: {}", name_, problem)];
  if (options_.progress) options_.progress(++results.done, static_cast<int64_t>(requests_.size()));
}

void EndpointQueue::note_retry(const ChatRequest& request, const std::string& problem, double delay,
                               AskResults& results) {
  const std::lock_guard lock(results.mutex);
  ++results.usage[request.annotator].retries;
  if (options_.warning)
    options_.warning(fmt::format("endpoints.{}: {}; once more in {:.1f} s", name_, problem, delay));
}

bool EndpointQueue::interrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }

/// False when it was interrupted.
bool EndpointQueue::sleep_until(Clock::time_point until) const {
  while (!interrupted() && Clock::now() < until)
    std::this_thread::sleep_until(std::min(until, Clock::now() + std::chrono::milliseconds(50)));
  return !interrupted();
}

/// Waits until the endpoint's rate and pauses allow a request; false when it was interrupted.
bool EndpointQueue::wait_for_turn() {
  if (!sleep_until(pacer_.reserve(Clock::now()))) return false;
  while (Clock::now() < pacer_.held_until())
    if (!sleep_until(pacer_.held_until())) return false;
  return true;
}

double EndpointQueue::jitter() {
  const std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

}  // namespace angle
