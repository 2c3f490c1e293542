#include "angle/annotate/ask.h"

#include <deque>
#include <exception>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "annotate/budget.h"
#include "annotate/endpoint_queue.h"
#include "annotate/reply_store.h"

namespace angle {

struct Asker::Sources {
  std::map<std::string, RecordedReplies> recorded;  // by endpoint
  std::map<std::string, ReplyCache> cached;
};

Asker::Asker(const AnnotateConfig& config, AskOptions options)
    : config_(config),
      options_(std::move(options)),
      usage_(config.annotators.size()),
      budget_(std::make_unique<Budget>(config)),
      sources_(std::make_unique<Sources>()) {
  for (const auto& [name, endpoint] : config.endpoints) {
    if (!endpoint.recorded.empty())
      sources_->recorded.emplace(name, endpoint.recorded);
    else if (!options_.cache.empty())
      sources_->cached.emplace(name, ReplyCache(options_.cache, endpoint.url));
  }
}

Asker::~Asker() = default;

std::optional<ChatReply> Asker::find_reply(const ChatRequest& request) {
  const AnnotatorConfig& annotator = config_.annotators[request.annotator];
  Usage& usage = usage_[request.annotator];
  std::optional<ChatReply> reply;
  if (const auto recorded = sources_->recorded.find(annotator.endpoint);
      recorded != sources_->recorded.end()) {
    reply = recorded->second.find(request);
    if (reply) ++usage.recorded;
  } else if (const auto cached = sources_->cached.find(annotator.endpoint);
             cached != sources_->cached.end()) {
    reply = cached->second.find(request);
    if (reply) ++usage.cached;
  }
  if (reply) reply->annotator = annotator.name;
  return reply;
}

std::string Asker::why_not_asked(const ChatRequest& request) const {
  const auto recorded = sources_->recorded.find(config_.annotators[request.annotator].endpoint);
  if (recorded != sources_->recorded.end()) return recorded->second.why_missing(request);
  return options_.offline ? "not in the cache" : "";
}

/// What is left of the requests when those with a reply, or without a chance of one, are done.
struct Asker::Open {
  std::map<std::string, std::vector<size_t>> to_send;  // by endpoint, of equal requests the first
  std::vector<std::pair<size_t, size_t>> repeated;     // a request, and the first like it
};

Asker::Open Asker::answer_what_is_known(const std::vector<ChatRequest>& requests, AskResults& results) {
  Open open;
  std::map<std::pair<std::string, std::string>, size_t> first_of;  // of equal requests to an endpoint
  for (size_t i = 0; i < requests.size(); ++i) {
    const ChatRequest& request = requests[i];
    const std::string& endpoint = config_.annotators[request.annotator].endpoint;
    if ((results.answers.replies[i] = find_reply(request))) {
      ++results.done;
    } else if (const std::string problem = why_not_asked(request); !problem.empty()) {
      ++results.done;
      ++usage_[request.annotator].failed;
      ++results.answers.failures[fmt::format("endpoints.{}: {}", endpoint, problem)];
    } else if (const auto [first, is_new] = first_of.try_emplace({endpoint, request.hash}, i); is_new) {
      open.to_send[endpoint].push_back(i);
    } else {
      ++results.done;
      open.repeated.emplace_back(i, first->second);
    }
  }
  return open;
}

Answers Asker::ask(const std::vector<ChatRequest>& requests) {
  AskResults results(*budget_);
  results.answers.replies.resize(requests.size());
  const Open open = answer_what_is_known(requests, results);
  results.usage = std::move(usage_);
  const std::exception_ptr error = run_queues(open.to_send, requests, results);
  usage_ = std::move(results.usage);
  if (error) std::rethrow_exception(error);
  for (const auto& [place, first] : open.repeated)
    copy_reply(results.answers.replies[first], requests[place], results.answers.replies[place]);
  return std::move(results.answers);
}

/// A repeated request has the reply of the first, without a failure of its own when there is none.
void Asker::copy_reply(const std::optional<ChatReply>& first, const ChatRequest& request,
                       std::optional<ChatReply>& reply) {
  if (!first) return;
  ++usage_[request.annotator].cached;
  reply = first;
  reply->annotator = config_.annotators[request.annotator].name;
}

/// Sends what is open; all threads have ended when it returns.
std::exception_ptr Asker::run_queues(const std::map<std::string, std::vector<size_t>>& open,
                                     const std::vector<ChatRequest>& requests, AskResults& results) const {
  std::exception_ptr error;
  try {
    std::deque<EndpointQueue> queues;
    for (const auto& [endpoint, places] : open)
      queues.emplace_back(config_, endpoint, options_, requests, places);
    for (EndpointQueue& queue : queues) queue.start(results);
    for (EndpointQueue& queue : queues) {
      if (const std::exception_ptr thrown = queue.finish()) error = thrown;
    }
  } catch (...) {
    error = std::current_exception();
  }
  return error;
}

}  // namespace angle
