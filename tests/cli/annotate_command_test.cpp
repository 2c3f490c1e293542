// `angle annotate` as its users see it, with a server in this process. Invariants:
// - a configuration and a server give training sets, the same ones again from the cache, from recorded
//   replies and after a kill, without anything being asked twice;
// - a file of recorded replies only ever grows;
// - an output replaces that of an earlier run, and no other file, nor one that the run uses;
// - failures leave no output, end with 1 and say what to do; --skip-failed goes on;
// - a dry run and a report send nothing;
// - the key is in nothing that is written, however the server spells it;
// - the recorded set of the project makes its training sets offline.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/data/reader.h"
#include "angle/io/file.h"

#include "support/annotate_setup.h"
#include "support/run_command.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::AnnotateSetup;
using testing::ChatServer;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kRequests = AnnotateSetup::kRequests;

class AnnotateCommand : public ::testing::Test {
 protected:
  void start(const ChatServer::Handler& handler = testing::answer, const json& endpoint = json::object()) {
    server = std::make_unique<ChatServer>(handler);
    config = AnnotateSetup::config(server->url());
    config["endpoints"]["local"].update(endpoint);
  }

  std::vector<std::string> command(std::vector<std::string> args) const {
    const std::vector<std::string> where = {ANGLE_BINARY, "annotate",        "--config", setup.write(config),
                                            "--output",   setup.path("out"), "--cache",  setup.path("cache")};
    args.insert(args.begin(), where.begin(), where.end());
    return args;
  }

  CommandResult annotate(std::vector<std::string> args = {}) const {
    return testing::run_command(command(std::move(args)));
  }

  std::string output(const std::string& name) const { return read_file(setup.path("out") / name); }

  /// The lines of an output without the time of the reply.
  std::string timeless(const std::string& name) const {
    std::istringstream lines(output(name));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      json row = parse_json(line, name);
      row.erase("time");
      text += row.dump() + "\n";
    }
    return text;
  }

  AnnotateSetup setup;
  std::unique_ptr<ChatServer> server;
  json config;
};

TEST_F(AnnotateCommand, MakesTrainingSets) {
  start();
  const CommandResult result = annotate();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(server->num_requests(), kRequests);
  // a: 3 seeds × 2 sentences × 2 relations; all: both say the same, and of the opposites only one differs by
  // 5 words
  EXPECT_EQ(read_scored_pairs(setup.path("out") / "a.jsonl", {.label_scale = {0, 1}}).examples.size(), 12U);
  EXPECT_EQ(read_scored_pairs(setup.path("out") / "all.jsonl").examples.size(), 9U);
  EXPECT_EQ(read_scored_pairs(setup.path("out") / "voted.jsonl").examples.size(), 12U);
  EXPECT_THAT(result.err, HasSubstr("all.jsonl: 9 pairs; left out 9 duplicate, 6 length_rule"));
  // a: 9 requests × 100 prompt tokens at 10 a million; b: 9 × 20 completion tokens at 100
  EXPECT_THAT(result.err, HasSubstr("a: 0 replies recorded, 0 cached, 9 asked for (0 retries, 0 failed), 900 "
                                    "+ 180 tokens, cost 0.0090"));
  EXPECT_THAT(result.err, HasSubstr("cost of this run: 0.0270"));
  EXPECT_EQ(read_json(setup.path("out") / "annotate_config.json").at("description"), "test");
}

TEST_F(AnnotateCommand, TellsOfRequestsThatMayBeBilledWithoutAnAnswer) {
  start(
      [this, is_first = std::make_shared<std::atomic<bool>>(true)](const auto& request, auto& response) {
        if (is_first->exchange(false)) server->pause(5);
        testing::answer(request, response);
      },
      {{"timeout_seconds", 2}});
  config["max_cost"] = 1.0;
  const CommandResult result = annotate();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr(": no complete reply within 2 s; once more in "));
  EXPECT_THAT(
      result.err,
      HasSubstr(": 1 request without a complete answer: not in that cost, though the server may bill it; "
                "max_cost counts each like an average one"));
}

TEST_F(AnnotateCommand, GivesTheSameFromTheCacheAndFromRecordedReplies) {
  start();
  const std::string record = setup.path("replies.jsonl");
  ASSERT_EQ(annotate({"--record", record}).exit_code, 0);
  const std::string all = output("all.jsonl"), voted = output("voted.jsonl");
  fs::remove_all(setup.path("out"));
  ASSERT_EQ(annotate({"--record", record}).exit_code, 0);
  EXPECT_EQ(output("all.jsonl"), all);
  EXPECT_EQ(server->num_requests(), kRequests) << "the cache was not used";

  fs::remove_all(setup.path("out"));
  fs::remove_all(setup.path("cache"));
  config["endpoints"]["local"] = {{"recorded", record}};
  server.reset();
  const CommandResult replayed = annotate();
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(output("all.jsonl"), all);
  EXPECT_EQ(output("voted.jsonl"), voted);
  EXPECT_FALSE(fs::exists(setup.path("cache")));
}

/// A server that is down, an interruption, other sentences: what a file of replies has was paid for.
TEST_F(AnnotateCommand, LosesNoRecordedReply) {
  start();
  const std::string record = setup.path("replies.jsonl");
  ASSERT_EQ(annotate({"--record", record}).exit_code, 0);
  const std::string all = read_file(record);
  ASSERT_EQ(std::count(all.begin(), all.end(), '\n'), kRequests);

  fs::remove_all(setup.path("cache"));
  start([](const httplib::Request&, httplib::Response& response) { response.status = 400; });
  EXPECT_EQ(annotate({"--record", record}).exit_code, 1);
  EXPECT_EQ(read_file(record), all) << "a run without any reply";

  start([this](const httplib::Request&, httplib::Response&) { server->pause(20); },
        {{"timeout_seconds", 60}});
  testing::RunningCommand running(command({"--record", record}));
  while (server->num_requests() == 0) std::this_thread::yield();
  running.send(SIGINT);
  EXPECT_EQ(running.wait().exit_code, 130);
  EXPECT_EQ(read_file(record), all) << "an interrupted run";

  config["endpoints"]["local"] = {{"recorded", record}};
  EXPECT_EQ(annotate({"--set", "seeds.limit=1", "--record", record}).exit_code, 0);
  EXPECT_EQ(read_file(record), all) << "the file that is replayed, for a part of the sentences";

  start();
  setup.file("seeds.txt", "the dog sleeps\nan apple fell\n");
  EXPECT_EQ(annotate({"--record", record}).exit_code, 0);
  const std::string more = read_file(record);
  EXPECT_TRUE(more.starts_with(all));
  EXPECT_EQ(std::count(more.begin(), more.end(), '\n'), kRequests + 6) << "those to the new sentence join";
}

TEST_F(AnnotateCommand, AsksNothingForARecordThatItCantAddTo) {
  start();
  const CommandResult result = annotate({"--record", setup.path("seeds.txt")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("seeds.txt:1: not valid JSON"));
  EXPECT_THAT(read_file(setup.path("seeds.txt")), HasSubstr("the dog sleeps\n"));
  EXPECT_EQ(server->num_requests(), 0);
}

TEST_F(AnnotateCommand, ReplacesOnlyFilesOfItsOwn) {
  start();
  const std::string pair = "{\"sentence1\": \"a\", \"sentence2\": \"b\", \"score\": 1}\n";
  const auto expect_refusal = [&](const std::string& name, const std::string& content) {
    setup.file("out/" + name, content);
    const CommandResult result = annotate();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("out/" + name +
                                      ": is not what angle annotate writes, and would be lost; name another "
                                      "directory with --output, or remove the file"));
    EXPECT_EQ(output(name), content);
    fs::remove(setup.path("out") / name);
  };
  for (const auto& content : {pair, std::string("no JSON"), std::string("\n")})
    expect_refusal("all.jsonl", content);
  expect_refusal("annotate_config.json", pair);
  fs::create_directories(setup.path("out/all.jsonl/in_the_way"));
  EXPECT_THAT(annotate().err, HasSubstr("out/all.jsonl: not a regular file, so it can't be replaced"));
  fs::remove_all(setup.path("out/all.jsonl"));
  EXPECT_EQ(server->num_requests(), 0) << "it was told after it had cost";

  setup.file("out/all.jsonl", "");
  ASSERT_EQ(annotate().exit_code, 0);
  const std::string all = output("all.jsonl");
  ASSERT_EQ(annotate({"--set", "seeds.limit=1"}).exit_code, 0);
  EXPECT_LT(output("all.jsonl").size(), all.size()) << "the set of the earlier run was not replaced";
  expect_refusal("all.jsonl", all + pair);
}

TEST_F(AnnotateCommand, ReplacesNoFileThatItUses) {
  start();
  const std::string set = setup.path("out/all.jsonl");
  const auto expect_refusal = [&](const std::vector<std::string>& args, const std::string& what) {
    const CommandResult result = annotate(args);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err,
                HasSubstr("--output " + set + ": is the file of " + what + ", which would be lost"));
  };
  expect_refusal({"--record", set}, "--record");
  EXPECT_FALSE(fs::exists(set));
  EXPECT_EQ(server->num_requests(), 0) << "it was told after it had cost";
  ASSERT_EQ(annotate().exit_code, 0);
  const std::string all = output("all.jsonl");
  expect_refusal({"--set", "seeds.path=" + set, "--set", "seeds.field=sentence2"}, "sentences (seeds.path)");
  EXPECT_EQ(output("all.jsonl"), all);
}

TEST_F(AnnotateCommand, GoesOnAfterAKill) {
  const auto slowly = [this](const httplib::Request& request, httplib::Response& response) {
    server->pause(0.03);
    testing::answer(request, response);
  };
  start(slowly, {{"concurrency", 2}});
  testing::RunningCommand running(command({}));
  while (server->num_requests() < 7) std::this_thread::yield();
  running.send(SIGKILL);
  EXPECT_EQ(running.wait().exit_code, 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(setup.path("out") / "all.jsonl"));
  const CommandResult result = annotate();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LE(server->num_requests(), kRequests + 2) << "more was asked again than had been under way";
  const std::string resumed = timeless("all.jsonl");

  fs::remove_all(setup.path("out"));
  fs::remove_all(setup.path("cache"));
  ASSERT_EQ(annotate().exit_code, 0);
  EXPECT_EQ(timeless("all.jsonl"), resumed);
}

TEST_F(AnnotateCommand, EndsWith130WhenItIsInterrupted) {
  start([this](const httplib::Request&, httplib::Response&) { server->pause(20); },
        {{"timeout_seconds", 60}});
  testing::RunningCommand running(command({}));
  while (server->num_requests() == 0) std::this_thread::yield();
  running.send(SIGINT);
  const CommandResult result = running.wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted; all replies so far are kept"));
  EXPECT_FALSE(fs::exists(setup.path("out") / "all.jsonl"));
}

TEST_F(AnnotateCommand, WritesNothingWhenARequestFails) {
  start([](const httplib::Request& request, httplib::Response& response) {
    if (request.body.find("OPPOSITE 2 | rain") != std::string::npos &&
        request.body.find("model-b") != std::string::npos)
      response.status = 400;
    else
      testing::answer(request, response);
  });
  const CommandResult result = annotate();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: no reply to 1 request, nothing was written:\n  1 × "
                                    "endpoints.local: the server answered 400\n"));
  EXPECT_THAT(result.err, HasSubstr("--skip-failed"));
  EXPECT_FALSE(fs::exists(setup.path("out") / "a.jsonl"));
  EXPECT_EQ(server->num_requests(), 12) << "scores were asked for before the sentences were complete";

  const CommandResult skipping = annotate({"--skip-failed"});
  EXPECT_EQ(skipping.exit_code, 0) << skipping.err;
  EXPECT_THAT(skipping.err, HasSubstr("warning: no reply to 1 request:"));
  EXPECT_TRUE(fs::exists(setup.path("out") / "a.jsonl"));
}

TEST_F(AnnotateCommand, StoresNothingOfAReplyOf50Megabytes) {
  start([](const httplib::Request&,
           httplib::Response& response) { response.set_content(std::string(50 << 20, 'x'), "text/plain"); },
        {{"concurrency", 1}});
  const CommandResult result = annotate();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the reply is longer than max_reply_bytes"));
  uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(setup.path("cache")))
    if (entry.is_regular_file()) bytes += entry.file_size();
  EXPECT_LT(bytes, 10'000U);
}

TEST_F(AnnotateCommand, ShowsItsPromptsWithoutSendingAnything) {
  start();
  const CommandResult result = annotate({"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("--- b asked for \"opposite\" (model-b of local, 3 requests)\n[system]\nYou are "
                        "B.\n[user]\nOPPOSITE 2 | the dog sleeps\n"));
  EXPECT_THAT(result.err, HasSubstr("12 requests, of which 0 are recorded or cached; nothing was sent"));
  const CommandResult as_json = annotate({"--dry-run", "--json"});
  std::istringstream lines(as_json.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    EXPECT_TRUE(parse_json(line, "line").at("body").contains("messages"));
  EXPECT_EQ(count, 12);
  EXPECT_EQ(server->num_requests(), 0);
  EXPECT_FALSE(fs::exists(setup.path("out")));
  EXPECT_FALSE(fs::exists(setup.path("cache")));

  ASSERT_EQ(annotate().exit_code, 0);
  EXPECT_THAT(annotate({"--dry-run"}).err, HasSubstr("18 requests, of which 18 are recorded or cached"));
}

TEST_F(AnnotateCommand, ReportsOnWhatIsThere) {
  start();
  setup.file("gold.tsv", "sentence1\tsentence2\tscore\nx\tNo\t0\ny\tyes\t5\n");
  config["gold"] = {{"path", "gold.tsv"}};
  ASSERT_EQ(annotate().exit_code, 0);
  EXPECT_EQ(server->num_requests(), kRequests + 4);
  const CommandResult text = annotate({"--report", "--data-dir", setup.path("cache")});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  for (const char* part :
       {"3 seeds of 4.0 words", "a and b", "a and gold", "their mean and gold", "all.jsonl", "leaks"})
    EXPECT_THAT(text.out, HasSubstr(part));
  const json report = parse_json(annotate({"--report", "--json"}).out, "report");
  EXPECT_EQ(report.at("annotators")[0].at("same").at("pairs"), 6);
  EXPECT_EQ(report.at("gold")[0].at("spearman"), 1);
  EXPECT_EQ(server->num_requests(), kRequests + 4);

  fs::remove_all(setup.path("cache"));
  EXPECT_THAT(annotate({"--report"}).out, HasSubstr("not in the cache"));
}

TEST_F(AnnotateCommand, WritesTheKeyNowhere) {
  const std::string key = "sk-test-9f8e7d6c5b4a";
  const auto repeating = [&](const httplib::Request& request, httplib::Response& response) {
    const std::string authorization = request.get_header_value("Authorization");
    if (server->num_requests() % 5 == 2) {
      response.status = 500;
      return response.set_content("what is " + authorization + "?", "text/plain");
    }
    response.set_content(testing::chat_completion(testing::answer_by_rule(request) + "\n3. " + authorization),
                         "application/json");
  };
  start(repeating, {{"key_variable", "ANGLE_TEST_SECRET"}});
  config["sentences"] = 3;
  setenv("ANGLE_TEST_SECRET", key.c_str(), 1);
  std::string written;
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"--dry-run", "--json"}, {"--record", setup.path("out/replies.jsonl").string()}, {"--report"}}) {
    const CommandResult result = annotate(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    written += result.out + result.err;
  }
  start(
      [](const httplib::Request& request, httplib::Response& response) {
        response.status = 401;
        response.set_content("no such key: " + request.get_header_value("Authorization"), "text/plain");
      },
      {{"key_variable", "ANGLE_TEST_SECRET"}});
  const CommandResult refused = annotate();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("no such key: Bearer [key]"));
  EXPECT_EQ(server->requests().at(0).get_header_value("Authorization"), "Bearer " + key);
  written += refused.err;
  for (const char* directory : {"out", "cache"})
    for (const auto& entry : fs::recursive_directory_iterator(setup.path(directory)))
      if (entry.is_regular_file()) written += entry.path().string() + read_file(entry.path());
  unsetenv("ANGLE_TEST_SECRET");
  EXPECT_THAT(written, Not(HasSubstr(key)));
  EXPECT_THAT(written, HasSubstr("Bearer [key]"))
      << "the server's echo is not in the files, so this proves nothing";
}

/// With JSON's escapes, and in parts.
TEST_F(AnnotateCommand, WritesTheKeyNowhereHoweverItIsSpelled) {
  const std::string slashed = R"(sk-test\/9f8e7d6c5b4a)", coded = R"(\u0073k-test\u002F9f8e7d6c5b4a)";
  const auto repeating = [&](const httplib::Request& request, httplib::Response& response) {
    if (request.body.find("SAME") == std::string::npos) return testing::answer(request, response);
    const std::string content = json(testing::answer_by_rule(request) + "\n3. It is ").dump();
    response.set_content(R"({"choices":[{"message":{"content":[{"text":)" + content + R"(},{"text":")" +
                             slashed + " or " + coded + R"( or sk-te"},{"text":"st\/9f8e7d6c5b4a"}]},)" +
                             R"("finish_reason":"stop )" + coded + R"("}]})",
                         "application/json");
  };
  start(repeating, {{"key_variable", "ANGLE_TEST_SECRET"}});
  config["sentences"] = 3;
  setenv("ANGLE_TEST_SECRET", "sk-test/9f8e7d6c5b4a", 1);
  const CommandResult result = annotate({"--record", setup.path("out/replies.jsonl")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  start(
      [&](const auto&, auto& response) {
        response.status = 401;
        response.set_content(R"({"error": "no such key: )" + slashed + R"("})", "application/json");
      },
      {{"key_variable", "ANGLE_TEST_SECRET"}});
  const CommandResult refused = annotate();
  unsetenv("ANGLE_TEST_SECRET");
  EXPECT_THAT(refused.err, HasSubstr(R"({"error": "no such key: [key]"})"));
  EXPECT_THAT(output("a.jsonl"), HasSubstr("It is [key] or [key] or [key]"));
  EXPECT_THAT(output("replies.jsonl"), HasSubstr("stop [key]"));
  std::string written = result.err + refused.err;
  for (const char* directory : {"out", "cache"})
    for (const auto& entry : fs::recursive_directory_iterator(setup.path(directory)))
      if (entry.is_regular_file()) written += read_file(entry.path());
  EXPECT_THAT(written, Not(HasSubstr("9f8e7d6c5b4a")));
}

TEST_F(AnnotateCommand, SaysWhatIsWrong) {
  start();
  const auto expect_failure = [](const CommandResult& result, int exit_code, const std::string& message) {
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, Not(HasSubstr("internal")));
  };
  expect_failure(annotate({"--json"}), 2, "--json");
  expect_failure(annotate({"--dry-run", "--report"}), 2, "--dry-run");
  expect_failure(annotate({"--report", "--record", "x.jsonl"}), 2,
                 "--record: is for replies that are asked for");
  expect_failure(annotate({"--report", "--skip-failed"}), 2, "--skip-failed: is for training sets");
  expect_failure(annotate({"--data-dir", "x"}), 2, "--data-dir: is for --report");
  expect_failure(annotate({"--set", "sentence=3"}), 1, "sentence: unknown key; did you mean \"sentences\"?");
  expect_failure(annotate({"--set", "seeds.path=none.txt"}), 1, "none.txt: can't be opened");
  expect_failure(annotate({"--set", "prompts.same=seeds.txt"}), 1, "seeds.txt: the prompt lacks {text}");
  expect_failure(annotate({"--set", "endpoints.local.key_variable=ANGLE_TEST_ABSENT_KEY"}), 1,
                 "the environment variable ANGLE_TEST_ABSENT_KEY is not set");
  setup.file("blank.txt", "\n...\n");
  expect_failure(annotate({"--set", "seeds.path=blank.txt"}), 1, "blank.txt: there is no sentence in it");
  setup.file("latin1.txt", "it rains\na caf\xe9\n");
  expect_failure(annotate({"--set", "seeds.path=latin1.txt"}), 1,
                 "latin1.txt:2: invalid UTF-8 at byte 5 of the line; convert the text\n");
  expect_failure(annotate({"--set", "outputs[1].annotators=[\"c\"]"}), 1, "there is no \"c\"");
  EXPECT_EQ(server->num_requests(), 0);
}

TEST_F(AnnotateCommand, SaysWhyNoPairIsLeft) {
  start([](const httplib::Request&, httplib::Response& response) {
    response.set_content(testing::chat_completion("1. It snows.\n2. Nobody came."), "application/json");
  });
  const CommandResult contradicting = annotate();
  EXPECT_EQ(contradicting.exit_code, 1);
  EXPECT_THAT(contradicting.err,
              HasSubstr("a.jsonl: no pair is left, since the replies have no sentence that can be used (not "
                        "used: 12 contradiction); change the prompts, the models, their parameters or "
                        "max_words"));
  EXPECT_FALSE(fs::exists(setup.path("out") / "a.jsonl"));

  start([](const httplib::Request& request, httplib::Response& response) {
    if (request.body.find("SAME") == std::string::npos) return testing::answer(request, response);
    response.set_content(testing::chat_completion("I'm sorry, but I can't help with that."), "text/plain");
  });
  const CommandResult strict = annotate({"--set", "outputs[0].min_word_difference=1000"});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.err, HasSubstr("a.jsonl: no pair is left (of the replies not used: 3 refused; of the "
                                    "sentences left out: 6 length_rule); loosen the rules of this output"));
}

TEST_F(AnnotateCommand, LetsNoOtherRunAskTheSameEndpoint) {
  start([this](const httplib::Request&, httplib::Response&) { server->pause(20); },
        {{"timeout_seconds", 60}});
  testing::RunningCommand running(command({}));
  while (server->num_requests() == 0) std::this_thread::yield();
  std::vector<std::string> other = command({});
  other[5] = setup.path("out2");
  const CommandResult refused = testing::run_command(other);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("another process writes to this directory"));
  running.send(SIGKILL);
  running.wait();
}

/// The replies that come with the project.
class RecordedSet : public ::testing::Test {
 protected:
  CommandResult annotate(std::vector<std::string> args) const {
    const std::vector<std::string> where = {ANGLE_BINARY, "annotate",
                                            "--config",   config.string(),
                                            "--output",   directory.path() / "out",
                                            "--cache",    directory.path() / "cache"};
    args.insert(args.begin(), where.begin(), where.end());
    return testing::run_command(args);
  }

  const fs::path config = fs::path(ANGLE_SOURCE_DIR) / "configs/annotate/recorded.json";
  testing::TempDir directory;
};

TEST_F(RecordedSet, MakesItsTrainingSetsOffline) {
  const CommandResult result = annotate({});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto num_pairs = [&](const char* name) {
    return read_scored_pairs(directory.path() / "out" / name, {.label_scale = {0, 1}}).examples.size();
  };
  for (const char* name : {"plain.jsonl", "terse.jsonl", "colloquial.jsonl"})
    EXPECT_EQ(num_pairs(name), 618U);
  EXPECT_EQ(num_pairs("concatenated.jsonl"), 1854U);
  EXPECT_LT(num_pairs("concatenated_length_rule.jsonl"), 1854U);
  EXPECT_LT(num_pairs("voted.jsonl"), 1854U);
}

TEST_F(RecordedSet, IsSane) {
  const CommandResult result = annotate({"--report", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json report = parse_json(result.out, "report");
  EXPECT_GE(report.at("seeds"), 300);
  EXPECT_EQ(report.at("failures"), json::object());
  for (const char* count : {"blank_seeds", "duplicate_seeds", "unread_scores", "written_twice", "also_seeds"})
    EXPECT_EQ(report.at(count), 0) << count;
  for (const json& annotator : report.at("annotators")) {
    EXPECT_EQ(annotator.at("rejected"), json::object()) << annotator;
    EXPECT_GT(annotator.at("confirmed"), 0.95) << annotator;
    EXPECT_LT(annotator.at("same").at("overlap"), 0.6) << "paraphrases that change too little";
  }
  for (const json& set : report.at("leaks")) EXPECT_EQ(set.at("leaked"), json::array()) << set.at("task");
}

TEST_F(RecordedSet, IsWhatTrainingConfigurationsAskFor) {
  std::set<std::string> outputs;
  const json sets = read_json(config).at("outputs");
  for (const json& output : sets) outputs.insert("../runs/recorded/" + output.at("path").get<std::string>());
  std::set<std::string> trained_on;
  for (const auto& entry : fs::directory_iterator(fs::path(ANGLE_SOURCE_DIR) / "configs"))
    if (entry.path().filename().string().starts_with("llm_"))
      trained_on.insert(read_json(entry.path()).at("data").at("train")[0].at("path").get<std::string>());
  EXPECT_EQ(trained_on, outputs);
}

}  // namespace
}  // namespace angle
