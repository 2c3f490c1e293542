// A server in this process that speaks chat completions, well or badly.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <httplib.h>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

namespace angle::testing {

/// The body of an answered chat completion.
inline std::string chat_completion(const std::string& content, const std::string& finish_reason = "stop") {
  const nlohmann::json message = {{"role", "assistant"}, {"content", content}};
  return nlohmann::json{{"choices", {{{"index", 0}, {"message", message}, {"finish_reason", finish_reason}}}},
                        {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 20}}}}
      .dump();
}

class ChatServer {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit ChatServer(const Handler& handler)
      : ChatServer(std::make_unique<httplib::Server>(), "http", handler) {}

  /// With TLS, by a certificate and its key (PEM files).
  ChatServer(const std::string& certificate, const std::string& key, const Handler& handler)
      : ChatServer(std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str()), "https", handler) {
  }

  ~ChatServer() {
    closing_ = true;
    server_->stop();
    thread_.join();
  }
  ChatServer(const ChatServer&) = delete;
  ChatServer& operator=(const ChatServer&) = delete;

  std::string url() const {
    return scheme_ + "://localhost:" + std::to_string(port_) + "/v1/chat/completions";
  }

  /// What has been asked so far, in the order in which it arrived.
  std::vector<httplib::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  int64_t num_requests() const { return static_cast<int64_t>(requests().size()); }
  int most_at_a_time() const { return most_at_a_time_; }

  /// Waits as long as a handler should, but not beyond the server's end.
  void pause(double seconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!closing_ && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

 private:
  ChatServer(std::unique_ptr<httplib::Server> server, std::string scheme, const Handler& handler)
      : server_(std::move(server)), scheme_(std::move(scheme)) {
    server_->new_task_queue = [] { return new httplib::ThreadPool(16); };
    server_->Post("/v1/chat/completions", [this, handler](const auto& request, auto& response) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        most_at_a_time_ = std::max(most_at_a_time_.load(), ++at_a_time_);
      }
      handler(request, response);
      --at_a_time_;
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::unique_ptr<httplib::Server> server_;
  std::string scheme_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<httplib::Request> requests_;
  std::atomic<int> at_a_time_ = 0;
  std::atomic<int> most_at_a_time_ = 0;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace angle::testing
