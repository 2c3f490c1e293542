// Many requests at once. Invariants:
// - replies come in the order of the requests, whatever the order in which they arrive;
// - what may pass is retried, as often and as slowly as configured, and Retry-After holds all requests back;
// - no more requests are under way than allowed, and none earlier than the rate allows;
// - every reply is cached before the next is asked for: nothing is asked twice;
// - an endpoint that refuses, or fails time and again, is left alone; the others go on;
// - tokens, cost and failures are counted, and the cost stays within max_cost, with that of what was never
//   answered whole.
#include "angle/annotate/ask.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "annotate/budget.h"
#include "annotate/reply_store.h"
#include "support/annotate_setup.h"
#include "support/expect_error.h"

namespace angle {
namespace {

using testing::AnnotateSetup;
using testing::ChatServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::seconds_since;

using Handler = ChatServer::Handler;

/// An asker of two annotators at one server, and requests of the first.
class AskTest : public ::testing::Test {
 protected:
  void start(const Handler& handler, const json& endpoint = json::object()) {
    server = std::make_unique<ChatServer>(handler);
    json given = AnnotateSetup::config(server->url());
    given["endpoints"]["local"].update(endpoint);
    config = parse_annotate_config(given, "test");
  }

  std::vector<ChatRequest> requests(int count, size_t annotator = 0) const {
    std::vector<ChatRequest> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(
          make_chat_request(config.annotators[annotator], "", "SAME 2 | text " + std::to_string(i)));
      all.back().annotator = annotator;
    }
    return all;
  }

  Answers ask(const std::vector<ChatRequest>& all) {
    asker = std::make_unique<Asker>(
        config, AskOptions{.cache = setup.path("cache"),
                           .warning = [&](const std::string& text) { warnings.push_back(text); }});
    return asker->ask(all);
  }

  static int64_t num_replies(const Answers& answers) {
    return std::count_if(answers.replies.begin(), answers.replies.end(),
                         [](const auto& reply) { return reply.has_value(); });
  }

  AnnotateSetup setup;
  std::unique_ptr<ChatServer> server;
  AnnotateConfig config;
  std::unique_ptr<Asker> asker;
  std::vector<std::string> warnings;
};

/// Fails the first so many requests with a status.
Handler failing_first(int failures, int status, const std::string& retry_after = "") {
  return [=, left = std::make_shared<std::atomic<int>>(failures)](const auto& request, auto& response) {
    if ((*left)-- <= 0) return testing::answer(request, response);
    response.status = status;
    if (!retry_after.empty()) response.set_header("Retry-After", retry_after);
  };
}

TEST_F(AskTest, AnswersInTheOrderOfTheRequests) {
  start([this](const auto& request, auto& response) {
    server->pause(0.001 * static_cast<double>(request.body.size() % 7));
    testing::answer(request, response);
  });
  const Answers answers = ask(requests(20));
  ASSERT_EQ(num_replies(answers), 20);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_THAT(answers.replies[i]->reply, HasSubstr("text " + std::to_string(i) + "\n"));
    EXPECT_EQ(answers.replies[i]->annotator, "a");
  }
  EXPECT_TRUE(answers.failures.empty());
}

TEST_F(AskTest, CountsTokensAndCost) {
  start(testing::answer);
  ask(requests(3));
  const Usage& a = asker->usage()[0];
  EXPECT_EQ(a.asked, 3);
  EXPECT_EQ(a.prompt_tokens, 300);
  EXPECT_EQ(a.completion_tokens, 60);
  EXPECT_DOUBLE_EQ(a.cost, 300 * 10.0 / 1e6);
  EXPECT_EQ(asker->usage()[1].asked, 0);
}

TEST_F(AskTest, SpendsNoMoreThanAllowed) {
  start(testing::answer, {{"concurrency", 1}});
  config.max_cost = 0.0025;  // the third request spends it: each is 100 prompt tokens at 10 a million
  const Answers answers = ask(requests(10));
  EXPECT_EQ(server->num_requests(), 3);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: not asked, since max_cost is spent", 7)));
  EXPECT_EQ(num_replies(ask(requests(10))), 6) << "each run has its own budget";
}

TEST_F(AskTest, SpendsNoMoreThanAllowedInAllCallsTogether) {
  start(testing::answer, {{"concurrency", 1}});
  config.max_cost = 0.0015;
  EXPECT_EQ(num_replies(ask(requests(2))), 2);
  EXPECT_EQ(num_replies(asker->ask(requests(4))), 2) << "the two that are cached";
  EXPECT_EQ(server->num_requests(), 2);
}

/// Each answer costs 0.001.
TEST_F(AskTest, SpendsNoMoreThanAllowedManyAtATime) {
  start(
      [this](const auto& request, auto& response) {
        server->pause(0.02);
        testing::answer(request, response);
      },
      {{"concurrency", 8}});
  config.max_cost = 0.0015;
  const Answers answers = ask(requests(9));
  EXPECT_EQ(server->num_requests(), 2);
  EXPECT_EQ(num_replies(answers), 2);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: not asked, since max_cost is spent", 7)));

  config.max_cost = 0.0095;
  EXPECT_EQ(num_replies(ask(requests(40))), 2 + 10);
  EXPECT_GT(server->most_at_a_time(), 3) << "only the first has to go alone";
}

TEST_F(AskTest, SpendsNoMoreThanAllowedOnAnswersThatAreNoReplies) {
  start([](const auto&, auto& response) {
    response.set_content(R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":0}})",
                         "application/json");
  });
  config.max_cost = 0.0015;
  const Answers answers = ask(requests(1));
  EXPECT_EQ(num_replies(answers), 0);
  EXPECT_EQ(server->num_requests(), 2);
  EXPECT_DOUBLE_EQ(asker->usage()[0].cost, 0.002);
}

/// Each answer costs 0.001.
TEST_F(AskTest, TakesARequestWithoutAWholeAnswerForAnAverageOne) {
  start(
      [this](const auto& request, auto& response) {
        if (server->num_requests() > 1) server->pause(20);
        testing::answer(request, response);
      },
      {{"concurrency", 1}, {"timeout_seconds", 1}});
  config.max_cost = 0.0035;
  const Answers answers = ask(requests(3));
  EXPECT_EQ(server->num_requests(), 4) << "one answer, and three that may be billed";
  EXPECT_EQ(num_replies(answers), 1);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: not asked, since max_cost is spent", 2)));
  EXPECT_EQ(asker->usage()[0].lost, 3);
  EXPECT_DOUBLE_EQ(asker->usage()[0].cost, 0.001);
}

TEST_F(AskTest, StaysAtTheLimitWhenCheaperAnswersFollow) {
  start(testing::answer);
  config.max_cost = 0.005;
  Budget budget(config);
  const auto reserve = [&] { return budget.reserve(0, [] { return false; }); };
  const auto answer = [&](int64_t tokens) { budget.settle(0, TokenUsage{tokens, 0}, false); };
  ASSERT_TRUE(reserve());
  answer(100);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(reserve());
  for (int i = 0; i < 2; ++i) budget.settle(0, std::nullopt, true);
  EXPECT_FALSE(budget.is_spent());
  answer(160);  // 0.0026, and twice the average of 0.0013
  EXPECT_TRUE(budget.is_spent());
  answer(0);  // the average is less now
  EXPECT_TRUE(budget.is_spent());
  EXPECT_FALSE(reserve());
}

TEST_F(AskTest, CountsNothingForWhatTheServerRefuses) {
  start(failing_first(4, 503), {{"concurrency", 1}});
  config.max_cost = 0.0015;
  EXPECT_EQ(num_replies(ask(requests(2))), 2);
  EXPECT_EQ(server->num_requests(), 6);
  EXPECT_EQ(asker->usage()[0].lost, 0);
}

TEST_F(AskTest, StopsWhereTheCostIsUnknownAndLimited) {
  start(
      [](const auto&, auto& response) {
        response.set_content(R"({"choices":[{"message":{"content":"1. A"}}]})", "application/json");
      },
      {{"concurrency", 8}});
  config.max_cost = 100;
  const Answers answers = ask(requests(20));
  EXPECT_EQ(server->num_requests(), 1);
  EXPECT_EQ(num_replies(answers), 1);
  ASSERT_EQ(answers.failures.size(), 1U);
  EXPECT_THAT(answers.failures.begin()->first,
              HasSubstr("the server tells no tokens (\"usage\"), which max_cost needs"));
  EXPECT_EQ(answers.failures.begin()->second, 19);

  config.annotators[0].prompt_price = 0;
  EXPECT_EQ(num_replies(ask(requests(20))), 20) << "nothing to limit";
}

TEST_F(AskTest, KeepsAndCountsTheRepliesOfAModelThatSaidNothing) {
  start([](const auto&, auto& response) {
    response.set_content(
        R"({"choices":[{"message":{"content":null},"finish_reason":"length"}],
            "usage":{"prompt_tokens":100,"completion_tokens":20}})",
        "application/json");
  });
  EXPECT_EQ(num_replies(ask(requests(2))), 2);
  EXPECT_EQ(asker->usage()[0].cost, 200 * 10.0 / 1e6);
  EXPECT_EQ(num_replies(ask(requests(2))), 2);
  EXPECT_EQ(server->num_requests(), 2) << "they were not in the cache";
}

TEST_F(AskTest, SendsEqualRequestsOnce) {
  start(testing::answer);
  std::vector<ChatRequest> all = requests(2);
  for (const size_t annotator : {0, 1}) {
    all.push_back(all[0]);
    all.back().annotator = annotator;
  }
  const Answers answers = ask(all);
  EXPECT_EQ(server->num_requests(), 2);
  ASSERT_EQ(num_replies(answers), 4);
  for (const size_t repeated : {2, 3}) EXPECT_EQ(answers.replies[repeated]->reply, answers.replies[0]->reply);
  EXPECT_EQ(answers.replies[3]->annotator, "b");
  EXPECT_EQ(asker->usage()[0].asked + asker->usage()[0].cached, 3);
}

TEST_F(AskTest, RetriesWhatMayPass) {
  for (const int status : {429, 500, 503}) {
    start(failing_first(3, status), {{"concurrency", 1}});
    config.endpoints.at("local").backoff_seconds = 0.001;
    std::filesystem::remove_all(setup.path("cache"));
    EXPECT_EQ(num_replies(ask(requests(2))), 2) << status;
    EXPECT_EQ(asker->usage()[0].retries, 3);
    EXPECT_EQ(server->num_requests(), 5);
  }
  EXPECT_THAT(warnings.at(0), HasSubstr("endpoints.local: the server answered 429; once more in 0.0 s"));
}

TEST_F(AskTest, RetriesRubbish) {
  start([left = std::make_shared<std::atomic<int>>(2)](const auto& request, auto& response) {
    if ((*left)-- > 0) return response.set_content("<html>\xff</html>", "text/html");
    testing::answer(request, response);
  });
  config.max_cost = 1;  // which rubbish says nothing about
  EXPECT_EQ(num_replies(ask(requests(1))), 1);
  EXPECT_THAT(warnings.at(0), HasSubstr("the reply is no chat completion"));
}

TEST_F(AskTest, WaitsAsLongAsTheServerAsks) {
  start(failing_first(1, 429, "1"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(num_replies(ask(requests(1))), 1);
  EXPECT_GE(seconds_since(begin), 1);
  EXPECT_LT(seconds_since(begin), 4);
}

TEST_F(AskTest, HoldsTheOtherRequestsBackAsWell) {
  // The only worker that is not waiting would go on at once if the pause were its own request's alone.
  std::atomic<bool> paused = false;
  std::chrono::steady_clock::time_point pause_began;
  std::atomic<int> during_pause = 0;
  start(
      [&](const auto& request, auto& response) {
        if (!paused.exchange(true)) {
          pause_began = std::chrono::steady_clock::now();
          response.status = 429;
          return response.set_header("Retry-After", "1");
        }
        // Requests that were under way already are none of the pause's business.
        const double since = seconds_since(pause_began);
        if (since > 0.3 && since < 0.95) ++during_pause;
        server->pause(0.02);
        testing::answer(request, response);
      },
      {{"concurrency", 2}, {"requests_per_minute", 600}});
  EXPECT_EQ(num_replies(ask(requests(6))), 6);
  EXPECT_EQ(during_pause, 0);
}

TEST_F(AskTest, DoesNotWaitLongerThanConfigured) {
  start(failing_first(100, 429, "3600"), {{"max_wait_seconds", 2}});
  const Answers answers = ask(requests(1));
  EXPECT_EQ(num_replies(answers), 0);
  EXPECT_EQ(server->num_requests(), 1);
  EXPECT_THAT(answers.failures.begin()->first,
              HasSubstr("it asks to wait 3600 s, more than max_wait_seconds"));
}

TEST_F(AskTest, GivesUpAfterItsRetries) {
  start(failing_first(1000, 500), {{"retries", 2}});
  const Answers answers = ask(requests(1));
  EXPECT_EQ(server->num_requests(), 3);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: the server answered 500", 1)));
  EXPECT_EQ(asker->usage()[0].failed, 1);
}

TEST_F(AskTest, LeavesAnEndpointAloneThatRefusesTheKey) {
  start(failing_first(1000, 401), {{"concurrency", 1}});
  const Answers answers = ask(requests(50));
  EXPECT_EQ(server->num_requests(), 1);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: the server answered 401", 50)));
}

TEST_F(AskTest, LeavesAnEndpointAloneThatFailsTimeAndAgain) {
  start(failing_first(1000, 500), {{"concurrency", 1}, {"retries", 0}});
  const Answers answers = ask(requests(50));
  EXPECT_EQ(server->num_requests(), 5);
  EXPECT_EQ(answers.failures.at("endpoints.local: the server answered 500"), 5);
  EXPECT_EQ(answers.failures.at("endpoints.local: not asked, since 5 requests in a row had failed"), 45);
}

TEST_F(AskTest, GoesOnWithTheOtherEndpoints) {
  const ChatServer good(testing::answer);
  start(failing_first(1000, 403));
  config.endpoints["good"] = {.url = good.url()};
  config.annotators[1].endpoint = "good";
  std::vector<ChatRequest> all = requests(5, 0);
  for (const ChatRequest& request : requests(5, 1)) all.push_back(request);
  const Answers answers = ask(all);
  EXPECT_EQ(num_replies(answers), 5);
  EXPECT_TRUE(answers.replies.back());
  EXPECT_EQ(asker->usage()[0].failed, 5);
  EXPECT_EQ(asker->usage()[1].asked, 5);
}

TEST_F(AskTest, HasNoMoreRequestsUnderWayThanAllowed) {
  start(
      [this](const auto& request, auto& response) {
        server->pause(0.02);
        testing::answer(request, response);
      },
      {{"concurrency", 3}});
  EXPECT_EQ(num_replies(ask(requests(12))), 12);
  EXPECT_EQ(server->most_at_a_time(), 3);
}

TEST_F(AskTest, KeepsToTheRate) {
  start(testing::answer, {{"requests_per_minute", 600}, {"concurrency", 8}});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(num_replies(ask(requests(6))), 6);
  EXPECT_GE(seconds_since(begin), 0.5);  // the sixth starts five tenths of a second after the first
}

TEST_F(AskTest, AsksNothingTwice) {
  start(testing::answer);
  const Answers first = ask(requests(4));
  const Answers second = ask(requests(6));
  EXPECT_EQ(server->num_requests(), 6);
  EXPECT_EQ(num_replies(second), 6);
  EXPECT_EQ(to_record(*second.replies[3]), to_record(*first.replies[3]));
  EXPECT_EQ(asker->usage()[0].cached, 4);
  EXPECT_EQ(asker->usage()[0].cost, 200 * 10.0 / 1e6);
}

TEST_F(AskTest, DoesNotCacheWhatFailed) {
  start(failing_first(1, 500), {{"retries", 0}});
  EXPECT_EQ(num_replies(ask(requests(1))), 0);
  EXPECT_EQ(num_replies(ask(requests(1))), 1);
}

TEST_F(AskTest, SendsNothingOffline) {
  start(testing::answer);
  ask(requests(2));
  Asker offline(config, {.cache = setup.path("cache"), .offline = true});
  const Answers answers = offline.ask(requests(3));
  EXPECT_EQ(server->num_requests(), 2);
  EXPECT_EQ(num_replies(answers), 2);
  EXPECT_THAT(answers.failures, ElementsAre(Pair("endpoints.local: not in the cache", 1)));
}

TEST_F(AskTest, NeedsAKeyOnlyToAsk) {
  start(testing::answer);
  ask(requests(1));
  config.endpoints.at("local").key_variable = "ANGLE_TEST_ABSENT_KEY";
  EXPECT_EQ(num_replies(ask(requests(1))), 1);
  EXPECT_ERROR(ask(requests(2)),
               "endpoints.local: the environment variable ANGLE_TEST_ABSENT_KEY is not set");
  EXPECT_EQ(server->num_requests(), 1);
}

TEST_F(AskTest, StopsWhenItIsInterrupted) {
  std::atomic<bool> interrupted = false;
  start(
      [&](const auto& request, auto& response) {
        testing::answer(request, response);
        if (server->num_requests() == 3) interrupted = true;
      },
      {{"concurrency", 1}});
  Asker stopping(config, {.cache = setup.path("cache"), .interrupted = &interrupted});
  const Answers answers = stopping.ask(requests(50));
  EXPECT_LE(server->num_requests(), 4);
  EXPECT_GE(num_replies(answers), 2);
  EXPECT_TRUE(answers.failures.empty());
}

TEST_F(AskTest, SaysThatTheCacheCantBeWritten) {
  start(testing::answer);
  setup.file("cache", "a file where the directory should be");
  EXPECT_ERROR(ask(requests(8)), "cache");
}

TEST(ReplyCache, RefusesAFileThatIsNotItsOwn) {
  const AnnotateSetup setup;
  const AnnotateConfig config = parse_annotate_config(AnnotateSetup::config("http://localhost:1/v1"), "test");
  const ReplyCache cache(setup.path("cache"), "http://localhost:1/v1");
  const ChatRequest request = make_chat_request(config.annotators[0], "", "Q");
  EXPECT_FALSE(cache.find(request));
  ChatReply reply{.request = request.hash, .reply = "1. A"};
  cache.store(reply);
  EXPECT_EQ(cache.find(request)->reply, "1. A");
  EXPECT_FALSE(ReplyCache(setup.path("cache"), "http://localhost:2/v1").find(request))
      << "another server's reply";
  const auto file = cache.directory() / (request.hash + ".json");
  for (const char* damaged : {"{\"request\":", "{}", ""}) {
    write_file(file, damaged);
    EXPECT_ERROR(cache.find(request),
                 request.hash + ".json: ", "; remove the file, and the reply is asked for again");
  }
  reply.request = "other";
  write_file(file, to_record(reply).dump());
  EXPECT_ERROR(cache.find(request), "holds the reply to another request; remove the file");
}

TEST(RecordedReplies, AreFoundByTheRequest) {
  const AnnotateSetup setup;
  const AnnotateConfig config = parse_annotate_config(AnnotateSetup::config("http://localhost:1/v1"), "test");
  ChatRequest request = make_chat_request(config.annotators[0], "", "Q");
  request.prompt = "same";
  request.prompt_hash = "h1";
  request.text = "the dog sleeps";
  const json record = to_record({.request = request.hash,
                                 .annotator = "a",
                                 .prompt = "same",
                                 .prompt_hash = "h1",
                                 .text = "the dog sleeps",
                                 .reply = "1. A"});
  const RecordedReplies recorded(setup.file("r.jsonl", record.dump() + "\n" + record.dump() + "\n"));
  EXPECT_EQ(recorded.find(request)->reply, "1. A");

  ChatRequest other = request;
  other.hash = "0";
  EXPECT_FALSE(recorded.find(other));
  EXPECT_THAT(recorded.why_missing(other), HasSubstr("r.jsonl: recorded, but with another model"));
  other.prompt_hash = "h2";
  EXPECT_THAT(recorded.why_missing(other), HasSubstr("recorded, but with another version of the prompt"));
  other.text = "new";
  EXPECT_THAT(recorded.why_missing(other), HasSubstr("no recorded reply"));

  json changed = record;
  changed["reply"] = "1. B";
  EXPECT_ERROR(RecordedReplies(setup.file("r.jsonl", record.dump() + "\n" + changed.dump() + "\n")),
               "r.jsonl:2: another reply to the same request");
  EXPECT_ERROR(RecordedReplies(setup.file("r.jsonl", "{}\n")),
               "r.jsonl:1: \"request\": expected a text, found null; is this a file of recorded replies?");
  EXPECT_ERROR(RecordedReplies(setup.file("r.jsonl", "{\n")), "r.jsonl:1: not valid JSON",
               "; is this a file of recorded replies?");
  EXPECT_ERROR(RecordedReplies(setup.path("none.jsonl")), "none.jsonl: can't be opened");
}

}  // namespace
}  // namespace angle
