// Requests and replies as JSON. Invariants:
// - the hash of a request depends on all that is sent, and on nothing else;
// - the reply is found in what servers send: text, parts or a refusal; anything else is no reply;
// - a record comes back as it was; a line that is none is named.
#include "angle/annotate/chat_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "annotate/prompt.h"
#include "support/chat_server.h"
#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

const AnnotatorConfig kAnnotator{
    .name = "a", .endpoint = "e", .model = "m", .parameters = {{"temperature", 0.5}}};

TEST(MakeChatRequest, PutsInstructionAndQuestionIntoMessages) {
  const json body = make_chat_request(kAnnotator, "Be brief.", "Why?").body;
  EXPECT_EQ(body, json::parse(R"({"model": "m", "temperature": 0.5, "messages":
      [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]})"));
  EXPECT_EQ(make_chat_request(kAnnotator, "", "Why?").body.at("messages").size(), 1U);
}

TEST(MakeChatRequest, HashesAllThatIsSent) {
  const std::string hash = make_chat_request(kAnnotator, "I", "Q").hash;
  AnnotatorConfig renamed = kAnnotator, warmer = kAnnotator, other = kAnnotator;
  renamed.name = "b";
  warmer.parameters["temperature"] = 0.6;
  other.model = "n";
  EXPECT_EQ(make_chat_request(renamed, "I", "Q").hash, hash);
  EXPECT_NE(make_chat_request(warmer, "I", "Q").hash, hash);
  EXPECT_NE(make_chat_request(other, "I", "Q").hash, hash);
  EXPECT_NE(make_chat_request(kAnnotator, "J", "Q").hash, hash);
  EXPECT_NE(make_chat_request(kAnnotator, "I", "R").hash, hash);
}

std::optional<ChatReply> read(const std::string& body) {
  return read_chat_completion(body, make_chat_request(kAnnotator, "", "Q"));
}

TEST(ReadChatCompletion, FindsTheReply) {
  const auto reply = read(testing::chat_completion("1. A", "length"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->reply, "1. A");
  EXPECT_EQ(reply->finish_reason, "length");
  EXPECT_EQ(reply->model, "m");
  EXPECT_EQ(reply->prompt_tokens, 100);
  EXPECT_EQ(reply->completion_tokens, 20);
  EXPECT_THAT(reply->time, ::testing::MatchesRegex("20[0-9-]+T[0-9:]+Z"));
  EXPECT_EQ(
      read(R"({"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]})")
          ->reply,
      "ab");
  const auto refusal =
      read(R"({"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]})");
  EXPECT_EQ(refusal->reply, "No.");
  EXPECT_EQ(refusal->finish_reason, "refusal");
}

TEST(ReadChatCompletion, TakesNothingElseForAReply) {
  for (const char* body :
       {"", "<html>", "{}", "[]", "null", "{\"choices\":[]}", "{\"choices\":{}}", "{\"choices\":[1]}",
        "{\"choices\":[{}]}", R"({"choices":[{"message":{}}]})", R"({"choices":[{"message":{"content":5}}]})",
        R"({"choices":[{"message":{"content":"cut)", "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"})
    EXPECT_FALSE(read(body)) << body;
  EXPECT_FALSE(read(std::string(100'000, '[')));
}

TEST(ReadChatCompletion, TakesSilenceForAReply) {
  for (const char* reason : {"stop", "length", "content_filter"}) {
    const auto reply =
        read(fmt::format(R"({{"choices":[{{"message":{{"content":null}},"finish_reason":"{}"}}]}})", reason));
    ASSERT_TRUE(reply) << reason;
    EXPECT_EQ(reply->reply, "");
    EXPECT_EQ(reply->finish_reason, reason);
  }
  EXPECT_FALSE(read(R"({"choices":[{"message":{"content":null},"finish_reason":"error"}]})"));
  EXPECT_FALSE(read(R"({"choices":[{"message":{"content":null}}]})"));
}

TEST(ReadTokenUsage, IsThereWhatEverElseIs) {
  const auto usage = read_token_usage(R"({"usage":{"prompt_tokens":3,"completion_tokens":4},"choices":5})");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->prompt, 3);
  EXPECT_EQ(usage->completion, 4);
  for (const char* body : {"", "<html>", "[]", "{}", R"({"usage":null})", R"({"usage":{"prompt_tokens":3}})"})
    EXPECT_FALSE(read_token_usage(body)) << body;
}

TEST(ReadChatCompletion, IgnoresTokenCountsThatAreNone) {
  const auto reply = read(
      R"({"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":-5,"completion_tokens":1e300}})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->prompt_tokens, 0);
  EXPECT_EQ(reply->completion_tokens, 0);
}

TEST(Record, ComesBackAsItWas) {
  ChatReply reply = *read(testing::chat_completion("1. Ä\n2. \"B\""));
  reply.annotator = "a";
  EXPECT_EQ(to_record(from_record(to_record(reply), "x")), to_record(reply));
  json record = to_record(reply);
  record.erase("reply");
  EXPECT_ERROR(from_record(record, "replies.jsonl:3"),
               "replies.jsonl:3: \"reply\": expected a text, found null");
  EXPECT_ERROR(from_record(json::array(), "x"), "x: \"request\": expected a text");
}

TEST(Prompt, ReplacesPlaceholdersOnceAndNothingElse) {
  const testing::TempDir directory;
  const Prompt prompt = load_prompt("same", directory.file("p.txt", "{size} of {text} {other} {\n{text}\n\n"),
                                    {"text", "size"});
  EXPECT_EQ(render(prompt, {{"text", "a {size} b"}, {"size", "2"}}), "2 of a {size} b {other} {\na {size} b");
  EXPECT_EQ(prompt.hash,
            load_prompt("same", directory.file("q.txt", "{size} of {text} {other} {\n{text}"), {}).hash);
  EXPECT_ERROR(load_prompt("same", directory.file("r.txt", "{text}"), {"text", "size"}),
               "r.txt: the prompt lacks {size}");
  EXPECT_ERROR(load_prompt("same", directory.file("s.txt", "\xff{text}"), {"text"}), "s.txt: invalid UTF-8");
}

}  // namespace
}  // namespace angle
