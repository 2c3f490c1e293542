// One request over the network, to servers that behave badly. Invariants:
// - each way to fail has its outcome and says what happened; nothing hangs beyond the time-out;
// - a reply over the limit is broken off while it is read, whatever length it claims;
// - what was sent and not answered whole may be billed, what was refused or never sent may not;
// - certificates are verified unless the configuration says otherwise;
// - the key is sent as the header asks, and never shows in a message, even when the server repeats it, and
//   however JSON spells it.
#include "annotate/chat_client.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/chat_server.h"
#include "support/expect_error.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using testing::ChatServer;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::seconds_since;

constexpr const char* kKey = "sk-top-secret-0123456789";

EndpointConfig endpoint_at(const std::string& url) { return {.url = url, .timeout_seconds = 2}; }

Exchange send(const EndpointConfig& endpoint, const std::string& key = "") {
  return ChatClient(endpoint, key, nullptr).send(R"({"model": "m"})");
}

ChatServer server_with_status(int status, const std::string& body = "", const std::string& retry_after = "") {
  return ChatServer([=](const httplib::Request&, httplib::Response& response) {
    response.status = status;
    response.set_content(body, "application/json");
    if (!retry_after.empty()) response.set_header("Retry-After", retry_after);
  });
}

TEST(ChatClient, BringsTheBodyOfAnAnswer) {
  const ChatServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_content("{}", "application/json");
  });
  const Exchange exchange = send(endpoint_at(server.url()));
  EXPECT_EQ(exchange.outcome, Outcome::answered) << exchange.problem;
  EXPECT_EQ(exchange.body, "{}");
  const httplib::Request request = server.requests().at(0);
  EXPECT_EQ(request.body, "{\"model\": \"m\"}");
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
  EXPECT_FALSE(request.has_header("Authorization"));
}

TEST(ChatClient, SaysWhatTheServerAnswered) {
  const ChatServer limited = server_with_status(429, R"({"error": "slow
down"})",
                                                "7");
  const Exchange exchange = send(endpoint_at(limited.url()));
  EXPECT_EQ(exchange.outcome, Outcome::retry);
  EXPECT_EQ(exchange.retry_after, 7);
  EXPECT_FALSE(exchange.may_be_billed);
  EXPECT_EQ(exchange.problem, R"(the server answered 429: {"error": "slow\ndown"})");
  EXPECT_EQ(send(endpoint_at(server_with_status(429).url())).retry_after, std::nullopt);
  EXPECT_EQ(send(endpoint_at(server_with_status(500).url())).outcome, Outcome::retry);
  EXPECT_EQ(send(endpoint_at(server_with_status(400).url())).outcome, Outcome::give_up);
  EXPECT_EQ(send(endpoint_at(server_with_status(401).url())).outcome, Outcome::stop_asking);
}

TEST(ChatClient, FollowsNoRedirection) {
  const ChatServer target([](const httplib::Request&, httplib::Response& response) {
    response.set_content("{}", "application/json");
  });
  const ChatServer server([&](const httplib::Request&, httplib::Response& response) {
    response.set_redirect(target.url(), 307);
  });
  const Exchange exchange = send(endpoint_at(server.url()), kKey);
  EXPECT_EQ(exchange.outcome, Outcome::stop_asking);
  EXPECT_THAT(exchange.problem, HasSubstr("redirection"));
  EXPECT_EQ(target.num_requests(), 0);
}

TEST(ChatClient, GivesUpOnAServerThatNeverAnswers) {
  std::unique_ptr<ChatServer> server;
  server =
      std::make_unique<ChatServer>([&](const httplib::Request&, httplib::Response&) { server->pause(20); });
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.timeout_seconds = 0.3;
  const auto start = std::chrono::steady_clock::now();
  const Exchange exchange = send(endpoint);
  EXPECT_EQ(exchange.outcome, Outcome::retry);
  EXPECT_THAT(exchange.problem, HasSubstr("no complete reply within 0.3 s"));
  EXPECT_TRUE(exchange.may_be_billed);
  EXPECT_LT(seconds_since(start), 3);
}

TEST(ChatClient, GivesUpOnAServerThatDripsItsAnswer) {
  std::unique_ptr<ChatServer> server;
  server = std::make_unique<ChatServer>([&](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("application/json", [&](size_t, httplib::DataSink& sink) {
      server->pause(0.05);
      return sink.write(" ", 1);
    });
  });
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.timeout_seconds = 0.5;
  const auto start = std::chrono::steady_clock::now();
  const Exchange exchange = send(endpoint);
  EXPECT_EQ(exchange.outcome, Outcome::retry);
  EXPECT_THAT(exchange.problem, HasSubstr("no complete reply within 0.5 s"));
  EXPECT_LT(seconds_since(start), 3);
}

TEST(ChatClient, BreaksOffWhenTheRunIsInterrupted) {
  std::unique_ptr<ChatServer> server;
  server =
      std::make_unique<ChatServer>([&](const httplib::Request&, httplib::Response&) { server->pause(20); });
  std::atomic<bool> interrupted = false;
  std::thread later([&] {
    while (server->num_requests() == 0) std::this_thread::yield();
    interrupted = true;
  });
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.timeout_seconds = 60;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(ChatClient(endpoint, "", &interrupted).send("{}").outcome, Outcome::answered);
  EXPECT_LT(seconds_since(start), 5);
  later.join();
}

TEST(ChatClient, NoticesAnAnswerThatIsCutShort) {
  const ChatServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_content_provider(1000, "application/json",
                                  [](size_t offset, size_t, httplib::DataSink& sink) {
                                    if (offset > 0) return false;
                                    return sink.write("{\"choices\":", 11);
                                  });
  });
  const Exchange exchange = send(endpoint_at(server.url()));
  EXPECT_EQ(exchange.outcome, Outcome::retry);
  EXPECT_THAT(exchange.problem, HasSubstr("broke before the reply was complete"));
  EXPECT_TRUE(exchange.may_be_billed);
}

TEST(ChatClient, BreaksOffALongReplyWhileReading) {
  constexpr size_t kReply = size_t{50} << 20, kLimit = size_t{1} << 20;
  for (const bool tells_its_length : {true, false}) {
    std::atomic<size_t> sent = 0;
    const std::string block(size_t{1} << 16, 'x');
    const ChatServer server([&](const httplib::Request&, httplib::Response& response) {
      const auto write = [&](size_t offset, httplib::DataSink& sink) {
        if (offset >= kReply) return sink.done(), true;
        sent = offset + block.size();
        return sink.write(block.data(), block.size());
      };
      if (tells_its_length)
        response.set_content_provider(kReply, "text/plain",
                                      [=](size_t offset, size_t, auto& sink) { return write(offset, sink); });
      else
        response.set_chunked_content_provider("text/plain", write);
    });
    EndpointConfig endpoint = endpoint_at(server.url());
    endpoint.max_reply_bytes = kLimit;
    const Exchange exchange = send(endpoint);
    EXPECT_EQ(exchange.outcome, Outcome::give_up);
    EXPECT_EQ(exchange.problem, "the reply is longer than max_reply_bytes (1048576)");
    EXPECT_TRUE(exchange.may_be_billed);
    EXPECT_LT(exchange.body.size(), kLimit);
    EXPECT_LT(sent, kReply / 2) << "the rest was read too";
  }
}

TEST(ChatClient, RetriesWhereNobodyListens) {
  std::string url;
  {
    const ChatServer gone([](const httplib::Request&, httplib::Response&) {});
    url = gone.url();
  }
  const Exchange exchange = send(endpoint_at(url));
  EXPECT_EQ(exchange.outcome, Outcome::retry);
  EXPECT_THAT(exchange.problem, HasSubstr("no connection could be made"));
  EXPECT_FALSE(exchange.may_be_billed);
}

TEST(ChatClient, SendsTheKeyAsTheHeaderAsks) {
  const ChatServer server(
      [](const httplib::Request&, httplib::Response& response) { response.set_content("{}", "text/plain"); });
  EndpointConfig endpoint = endpoint_at(server.url());
  send(endpoint, kKey);
  endpoint.key_header = "api-key";
  send(endpoint, kKey);
  EXPECT_EQ(server.requests().at(0).get_header_value("Authorization"), std::string("Bearer ") + kKey);
  EXPECT_EQ(server.requests().at(1).get_header_value("api-key"), kKey);
  EXPECT_FALSE(server.requests().at(1).has_header("Authorization"));
  endpoint.key_header = "authorization";
  send(endpoint, kKey);
  EXPECT_EQ(server.requests().at(2).get_header_value("Authorization"), std::string("Bearer ") + kKey);
}

TEST(ChatClient, ShowsTheKeyNowhere) {
  const std::string echo = std::string("your key ") + kKey + " and once more " + kKey;
  const ChatServer refusing = server_with_status(401, echo);
  const Exchange refused = send(endpoint_at(refusing.url()), kKey);
  EXPECT_THAT(refused.problem, Not(HasSubstr(kKey)));
  EXPECT_THAT(refused.problem, HasSubstr("your key [key] and once more [key]"));
  const ChatServer answering = server_with_status(200, echo);
  EXPECT_EQ(send(endpoint_at(answering.url()), kKey).body, "your key [key] and once more [key]");
}

TEST(ChatClient, ShowsTheKeyInNoSpellingOfJson) {
  const std::string key = "/sk/top-secret";
  for (const std::string spelling :
       {R"(/sk/top-secret)", R"(\/sk\/top-secret)", R"(\u002fs\u006B\u002Ftop-secret)",
        R"(\\\/sk\\\/top-secret)", R"(\\u002Fsk\\\/top-secret)"}) {
    const std::string echo = R"({"error": "é\u00e9 )" + spelling + R"(\n, " : "\")" + spelling + R"("})";
    const std::string shown = R"({"error": "é\u00e9 [key]\n, " : "\"[key]"})";
    const ChatServer refusing = server_with_status(401, echo);
    EXPECT_EQ(send(endpoint_at(refusing.url()), key).problem, "the server answered 401: " + shown);
    const ChatServer answering = server_with_status(200, echo);
    EXPECT_EQ(send(endpoint_at(answering.url()), key).body, shown);
  }
}

TEST(ChatClient, StrikesAShortKeyOutWhereItStandsAlone) {
  const ChatServer server = server_with_status(200, "1. abc1234 (Bearer abc1234), xabc1234, abc12345 none");
  EXPECT_EQ(send(endpoint_at(server.url()), "abc1234").body,
            "1. [key] (Bearer [key]), xabc1234, abc12345 none");
  for (const char* word : {"none", "1", "a-"})  // for servers that want any
    EXPECT_EQ(send(endpoint_at(server.url()), word).body,
              "1. abc1234 (Bearer abc1234), xabc1234, abc12345 none");
}

TEST(ChatClient, FindsAKeyThatHasBackslashes) {
  const ChatServer server = server_with_status(200, R"(top\secret\ and top\\secret\\, a\\b\)");
  EXPECT_EQ(send(endpoint_at(server.url()), R"(top\secret\)").body, R"([key]\ and [key]\\, a\\b\)");
  EXPECT_EQ(send(endpoint_at(server.url()), R"(\\\\\\\\)").body, R"(top\secret\ and top\\secret\\, a\\b\)");
}

TEST(ChatClient, LeavesWordsThatAreNoSecretInAReply) {
  const std::string reply = R"({"content": "There is none, and no key."})";
  const ChatServer server = server_with_status(200, reply);
  for (const char* key : {"none", "key", "content"})
    EXPECT_EQ(send(endpoint_at(server.url()), key).body, reply) << key;
}

TEST(EndpointKey, ComesFromTheEnvironment) {
  const EndpointConfig endpoint{.key_variable = "ANGLE_TEST_KEY"};
  setenv("ANGLE_TEST_KEY", kKey, 1);
  EXPECT_EQ(endpoint_key(endpoint, "local"), kKey);
  EXPECT_EQ(endpoint_key({}, "local"), "");
  setenv("ANGLE_TEST_KEY", "sk-top-secret\r\nX-Other: 1", 1);
  try {
    endpoint_key(endpoint, "local");
    ADD_FAILURE() << "a key with a line end was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the environment variable ANGLE_TEST_KEY holds a blank, a line end"));
    EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  }
  unsetenv("ANGLE_TEST_KEY");
  EXPECT_ERROR(endpoint_key(endpoint, "local"),
               "endpoints.local: the environment variable ANGLE_TEST_KEY is not set; it must hold the key");
}

TEST(EndpointKey, IsNotShownWhereItStandsForItsVariable) {
  for (const std::string key : {"Xa_topsecret1", "AKIA4TOPSECRET0"}) try {
      endpoint_key({.key_variable = key}, "local");
      ADD_FAILURE() << "there is no such variable";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("the environment variable that key_variable names is not set"));
      EXPECT_THAT(error.what(), Not(HasSubstr(key)));
    }
}

/// A server with a certificate of its own making.
class ChatClientWithTls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/openssl"))
      GTEST_SKIP() << "openssl is not here; it makes the certificate";
    ASSERT_EQ(make_certificate("good", "subjectAltName=DNS:localhost"), 0);
    ASSERT_EQ(make_certificate("other", "subjectAltName=DNS:example.com"), 0);
  }

  int make_certificate(const std::string& name, const std::string& host) const {
    return testing::run_command({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test",
                                 "-addext", host, "-keyout", file(name + ".key"), "-out",
                                 file(name + ".pem")})
        .exit_code;
  }

  std::string file(const std::string& name) const { return (directory_.path() / name).string(); }

  std::unique_ptr<ChatServer> serve(const std::string& name) const {
    return std::make_unique<ChatServer>(file(name + ".pem"), file(name + ".key"),
                                        [](const httplib::Request&, httplib::Response& response) {
                                          response.set_content("{}", "application/json");
                                        });
  }

 private:
  testing::TempDir directory_;
};

TEST_F(ChatClientWithTls, RefusesACertificateOfAnUnknownAuthority) {
  const auto server = serve("good");
  const Exchange exchange = send(endpoint_at(server->url()), kKey);
  EXPECT_EQ(exchange.outcome, Outcome::stop_asking);
  EXPECT_EQ(exchange.problem, "the server's certificate can't be verified; name its authority in ca_file");
  EXPECT_EQ(server->num_requests(), 0) << "the key was sent";
}

TEST_F(ChatClientWithTls, TrustsTheAuthorityOfTheConfiguration) {
  const auto server = serve("good");
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.ca_file = file("good.pem");
  EXPECT_EQ(send(endpoint).outcome, Outcome::answered);
}

TEST_F(ChatClientWithTls, RefusesACertificateOfAnotherHost) {
  const auto server = serve("other");
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.ca_file = file("other.pem");
  EXPECT_EQ(send(endpoint).outcome, Outcome::stop_asking);
  EXPECT_EQ(server->num_requests(), 0);
}

TEST_F(ChatClientWithTls, VerifiesNothingWhenToldSo) {
  const auto server = serve("other");
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.verify_certificate = false;
  EXPECT_EQ(send(endpoint).outcome, Outcome::answered);
}

TEST_F(ChatClientWithTls, SaysThatTheAuthorityCantBeRead) {
  const auto server = serve("good");
  EndpointConfig endpoint = endpoint_at(server->url());
  endpoint.ca_file = file("missing.pem");
  const Exchange exchange = send(endpoint);
  EXPECT_EQ(exchange.outcome, Outcome::stop_asking);
  EXPECT_THAT(exchange.problem, HasSubstr("ca_file"));
}

TEST_F(ChatClientWithTls, RetriesWhenTheServerSpeaksNoTls) {
  const ChatServer plain([](const httplib::Request&, httplib::Response&) {});
  std::string url = plain.url();
  url.replace(0, 4, "https");
  EXPECT_EQ(send(endpoint_at(url)).outcome, Outcome::retry);
}

}  // namespace
}  // namespace angle
