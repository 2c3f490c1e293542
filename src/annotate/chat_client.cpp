#include "annotate/chat_client.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <httplib.h>
#include <mutex>
#include <strings.h>
#include <thread>

#include "angle/error.h"
#include "angle/excerpt.h"

#include "annotate/endpoint_url.h"
#include "annotate/redaction.h"

namespace angle {
namespace {

using std::chrono::steady_clock;

/// Breaks a request off at its deadline: the library's own time-outs begin anew with every byte that arrives.
class Watchdog {
 public:
  Watchdog(httplib::Client& client, steady_clock::time_point deadline, const std::atomic<bool>* interrupted)
      : thread_([this, &client, deadline, interrupted] { watch(client, deadline, interrupted); }) {}

  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch(httplib::Client& client, steady_clock::time_point deadline,
             const std::atomic<bool>* interrupted) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return done_; }))
      if (steady_clock::now() >= deadline || (interrupted != nullptr && *interrupted)) client.stop();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

/// Names of headers have no case.
bool is_authorization(const std::string& header) { return strcasecmp(header.c_str(), "Authorization") == 0; }

std::string describe_status(const httplib::Response& response, const std::string& body) {
  std::string text = fmt::format("the server answered {}", response.status);
  if (response.status >= 300 && response.status < 400)
    return text + " (a redirection, which is not followed); name the final address";
  constexpr size_t kBytes = 200;  // of what it says
  if (!body.empty()) text += ": " + excerpt(body, kBytes);
  return text;
}

/// What went wrong before there was an answer.
Exchange transport_failure(httplib::Error error) {
  switch (error) {
    case httplib::Error::SSLServerVerification:
      return {.outcome = Outcome::stop_asking,
              .problem = "the server's certificate can't be verified; name its authority in ca_file"};
    case httplib::Error::SSLLoadingCerts:
      return {.outcome = Outcome::stop_asking,
              .problem = "the certificates of ca_file (or of the system) can't be loaded"};
    case httplib::Error::SSLConnection:
      return {.outcome = Outcome::retry, .problem = "no secure connection could be made"};
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
      return {.outcome = Outcome::retry, .problem = "no connection could be made"};
    default:
      return {.outcome = Outcome::retry,
              .problem = "the connection broke before the reply was complete",
              .may_be_billed = true};
  }
}

/// @param body  without the key
Exchange read_answer(const httplib::Response& response, std::string body) {
  const Outcome outcome = outcome_of_status(response.status, body);
  if (outcome == Outcome::answered) return {.outcome = outcome, .body = std::move(body)};
  return {.outcome = outcome,
          .problem = describe_status(response, body),
          .retry_after = parse_retry_after(response.get_header_value("Retry-After"), std::time(nullptr))};
}

/// Names the variable for a message. Whoever mistakes key_variable for the key has put that there, so only
/// what is in capitals and has an underscore, as names of variables are and keys are not, is shown.
std::string shown_variable(const std::string& name) {
  const bool is_name = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos &&
                       name.find('_') != std::string::npos;
  return is_name ? "the environment variable " + name : "the environment variable that key_variable names";
}

}  // namespace

struct ChatClient::Connection {
  explicit Connection(const std::string& url)
      : parts(split_endpoint_url(url)), client(parts.scheme_host_port) {}

  EndpointUrl parts;
  httplib::Client client;
  httplib::Headers headers;
};

std::string endpoint_key(const EndpointConfig& endpoint, const std::string& name) {
  if (endpoint.key_variable.empty()) return "";
  const char* value = std::getenv(endpoint.key_variable.c_str());
  std::string key = value == nullptr ? "" : value;
  const std::string variable = shown_variable(endpoint.key_variable);
  if (key.empty()) fail("endpoints.{}: {} is not set; it must hold the key", name, variable);
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
    fail("endpoints.{}: {} holds a blank, a line end or a character that no key has", name, variable);
  return key;
}

ChatClient::ChatClient(const EndpointConfig& endpoint, std::string key, const std::atomic<bool>* interrupted)
    : endpoint_(endpoint),
      key_(std::move(key)),
      interrupted_(interrupted),
      connection_(std::make_unique<Connection>(endpoint.url)) {
  httplib::Client& client = connection_->client;
  const auto timeout = std::chrono::microseconds(static_cast<int64_t>(endpoint.timeout_seconds * 1e6));
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  client.set_keep_alive(true);
  client.set_follow_location(false);
  client.enable_server_certificate_verification(endpoint.verify_certificate);
  if (!endpoint.ca_file.empty()) client.set_ca_cert_path(endpoint.ca_file.c_str());
  connection_->headers = {
      {"Content-Type", "application/json"}, {"Accept", "application/json"}, {"Accept-Encoding", "identity"}};
  if (!key_.empty())
    connection_->headers.emplace(endpoint.key_header,
                                 is_authorization(endpoint.key_header) ? "Bearer " + key_ : key_);
}

ChatClient::~ChatClient() = default;

Exchange ChatClient::send(const std::string& body) {
  std::string received;
  bool too_long = false;
  httplib::Request request;
  request.method = "POST";
  request.path = connection_->parts.path;
  request.headers = connection_->headers;
  request.body = body;
  request.content_receiver = [&](const char* data, size_t length, uint64_t, uint64_t) {
    too_long = received.size() + length > static_cast<size_t>(endpoint_.max_reply_bytes);
    if (!too_long) received.append(data, length);
    return !too_long;
  };

  const auto deadline = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                                  std::chrono::duration<double>(endpoint_.timeout_seconds));
  const httplib::Result result = [&] {
    const Watchdog watchdog(connection_->client, deadline, interrupted_);
    return connection_->client.send(request);
  }();
  if (too_long)
    return {
        .outcome = Outcome::give_up,
        .problem = fmt::format("the reply is longer than max_reply_bytes ({})", endpoint_.max_reply_bytes),
        .may_be_billed = true};
  if (!result) {
    Exchange failed = transport_failure(result.error());
    if (steady_clock::now() < deadline) return failed;
    return {.outcome = Outcome::retry,
            .problem = fmt::format("no complete reply within {} s", endpoint_.timeout_seconds),
            .may_be_billed = failed.may_be_billed};
  }
  return read_answer(*result, redact(received, key_));
}

}  // namespace angle
