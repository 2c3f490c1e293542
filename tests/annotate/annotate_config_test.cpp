// The configuration of `angle annotate`. Invariants:
// - what is misspelt, missing, out of range or contradictory is an error, all of it at once;
// - `parameters` is free, but can't change what is asked;
// - a key goes only to https or to this machine, and an address holds none;
// - input paths are relative to the configuration; outputs can't leave the output directory.
#include "angle/annotate/annotate_config.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "annotate/endpoint_url.h"
#include "support/annotate_setup.h"
#include "support/expect_error.h"

namespace angle {
namespace {

using testing::AnnotateSetup;

constexpr const char* kUrl = "https://api.example.com/v1/chat/completions";

AnnotateConfig parse(const json& config) { return parse_annotate_config(config, "run.json"); }

/// The example with one value changed.
json with(const std::string& pointer, const json& value) {
  json config = AnnotateSetup::config(kUrl);
  config[json::json_pointer(pointer)] = value;
  return config;
}

TEST(AnnotateConfig, ReadsWhatIsGivenAndKeepsDefaults) {
  const AnnotateConfig config = parse(AnnotateSetup::config(kUrl));
  EXPECT_EQ(config.annotators.at(1).instruction, "b.txt");
  EXPECT_EQ(config.endpoints.at("local").retries, 5);
  EXPECT_TRUE(config.endpoints.at("local").verify_certificate);
  EXPECT_EQ(config.outputs.at(1).min_word_difference, 5);  // the paper's rule
  EXPECT_EQ(config.outputs.at(2).combine, Combination::vote);
}

TEST(AnnotateConfig, ReportsAllThatIsWrongAtOnce) {
  json config = with("/sentences", 0);
  config["endpoints"]["local"]["concurrency"] = 0;
  config["annotators"][1]["name"] = "a";
  config["annotators"][1]["endpoint"] = "locl";
  config["outputs"][0]["annotators"] = {"c"};
  config["outputs"][1]["path"] = "../all.jsonl";
  EXPECT_ERROR(parse(config), "run.json:\n", "sentences: 0, expected 1 to 100",
               "endpoints.local.concurrency: 0, expected 1 to 256", "annotators[1].name: \"a\" occurs twice",
               "there is no \"locl\" in endpoints; did you mean \"local\"?", "there is no \"c\"",
               "\"../all.jsonl\", expected the name of a .jsonl in the output directory");
}

TEST(AnnotateConfig, RefusesUnknownKeysAndTypes) {
  EXPECT_ERROR(parse(with("/endpoints/local/timeout", 5)), "endpoints.local.timeout: unknown key");
  EXPECT_ERROR(parse(with("/annotators/0/modl", "x")),
               "annotators[0].modl: unknown key; did you mean \"model\"?");
  EXPECT_ERROR(parse(with("/outputs/0/combine", "votes")),
               "outputs[0].combine: \"votes\" is not one of: concatenate, vote");
  EXPECT_ERROR(parse(with("/endpoints/local/retries", 1.5)), "expected integer, found number 1.5");
}

TEST(AnnotateConfig, NamesWhatIsMissing) {
  EXPECT_ERROR(parse(json::object()), "seeds.path: missing", "prompts.same: missing",
               "prompts.opposite: missing", "annotators: expected at least one",
               "outputs: expected at least one");
  EXPECT_ERROR(parse(with("/prompts/score", "")), "outputs[2]: needs scores; name prompts.score");
  EXPECT_ERROR(parse(with("/endpoints/local/recorded", "x.jsonl")),
               "expected either url or recorded (found both)");
  EXPECT_ERROR(parse(with("/endpoints/local/url", "")), "expected either url or recorded (found neither)");
}

TEST(AnnotateConfig, WantsNoMoreVotesThanAnOutputHasAnnotators) {
  json config = AnnotateSetup::config(kUrl);
  config["outputs"][2]["annotators"] = {"a"};
  config["outputs"][2]["min_votes"] = 2;
  EXPECT_ERROR(parse(config), "outputs[2].min_votes: 2, expected 0 to 1");
  config["outputs"][2]["annotators"] = {"a", "a"};
  EXPECT_ERROR(parse(config), "outputs[2].annotators: one is named twice");
}

TEST(AnnotateConfig, RefusesAKeyInTheAddress) {
  const std::string url(kUrl);
  for (const char* query : {"?api-key=x", "?api-version=1&Access_Token=x", "?SIGNATURE"})
    EXPECT_ERROR(parse(with("/endpoints/local/url", url + query)), "endpoints.local.url: holds a key",
                 "keys come from the environment (key_variable)");
  EXPECT_EQ(parse(with("/endpoints/local/url", url + "?api-version=2024-06-01")).endpoints.at("local").url,
            url + "?api-version=2024-06-01");
}

TEST(AnnotateConfig, TakesAnyParametersButThoseItSetsItself) {
  EXPECT_EQ(parse(with("/annotators/0/parameters", {{"temperature", 0.7}, {"stop", {"x"}}}))
                .annotators[0]
                .parameters.at("stop"),
            json({"x"}));
  for (const char* key : {"model", "messages", "stream", "n"})
    EXPECT_ERROR(parse(with("/annotators/0/parameters", {{key, 1}})),
                 std::string("parameters.") + key + ": can't be set here");
  EXPECT_ERROR(parse(with("/annotators/0/parameters", 1)), "annotators[0].parameters: expected an object");
}

TEST(AnnotateConfig, RefusesTwoAnnotatorsThatAskTheSame) {
  json config = AnnotateSetup::config(kUrl);
  config["annotators"][1] = config["annotators"][0];
  config["annotators"][1]["name"] = "other";
  EXPECT_ERROR(parse(config), "annotators[1]: asks the same as another one");
}

TEST(AnnotateConfig, DoesNotShowAKeyInTheWrongPlace) {
  try {
    parse(with("/endpoints/local/key_variable", "sk-top-secret"));
    ADD_FAILURE() << "a key was taken for a variable";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "run.json:\n  endpoints.local.key_variable: expected the name of an environment variable, not "
              "the key itself");
  }
}

TEST(EndpointUrl, SendsAKeyOnlyWhereNobodyCanReadIt) {
  EXPECT_EQ(endpoint_url_problem(kUrl, true), "");
  for (const char* url :
       {"http://localhost:8000/v1/chat", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1"})
    EXPECT_EQ(endpoint_url_problem(url, true), "") << url;
  for (const char* url :
       {"http://api.example.com/v1", "http://127.evil.example/v1", "http://localhost.example/v1"}) {
    EXPECT_NE(endpoint_url_problem(url, true).find("plain text"), std::string::npos) << url;
    EXPECT_EQ(endpoint_url_problem(url, false), "") << url;
  }
}

TEST(EndpointUrl, RefusesWhatIsNoAddress) {
  for (const char* url : {"", "api.example.com/v1", "ftp://example.com/v1", "https:///v1",
                          "https://exam ple.com/v1", "https://example.com/v1\r\nX: y"})
    EXPECT_NE(endpoint_url_problem(url, false).find("expected an address"), std::string::npos) << url;
  EXPECT_NE(endpoint_url_problem("https://me:secret@example.com/v1", false).find("environment"),
            std::string::npos);
  for (const char* url : {"https://example.com", "https://example.com/", "https://example.com?x=1"})
    EXPECT_NE(endpoint_url_problem(url, false).find("lacks the path"), std::string::npos) << url;
}

TEST(EndpointUrl, IsTakenApart) {
  const EndpointUrl url = split_endpoint_url("https://[::1]:8443/v1/chat?version=2");
  EXPECT_EQ(url.scheme_host_port, "https://[::1]:8443");
  EXPECT_EQ(url.host, "[::1]");
  EXPECT_EQ(url.path, "/v1/chat?version=2");
}

TEST(LoadAnnotateConfig, LooksForInputsBesideTheConfiguration) {
  const AnnotateSetup setup;
  const AnnotateConfig config =
      load_annotate_config(setup.write(AnnotateSetup::config(kUrl)), {"seeds.limit=2"});
  EXPECT_EQ(config.seeds.path, setup.path("seeds.txt"));
  EXPECT_EQ(config.prompts.score, setup.path("score.txt"));
  EXPECT_EQ(config.annotators[1].instruction, setup.path("b.txt"));
  EXPECT_EQ(config.annotators[0].instruction, "");
  EXPECT_EQ(config.seeds.limit, 2);
  EXPECT_EQ(config.outputs[0].path, "a.jsonl");
}

TEST(LoadAnnotateConfig, TellsWhichCommandAnotherKindOfFileIsFor) {
  const std::string configs = ANGLE_SOURCE_DIR "/configs/";
  EXPECT_ERROR(load_annotate_config(configs + "tiny.json", {"seeds.limit=2"}),
               "tiny.json: this is a training configuration, expected a configuration of angle annotate");
  EXPECT_ERROR(load_annotate_config(configs + "studies/llm.json"), "use `angle study --config ");
}

TEST(LoadAnnotateConfig, ReadsEveryAnnotationOfTheProject) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(ANGLE_SOURCE_DIR) / "configs/annotate")) {
    ++files;
    const AnnotateConfig config = load_annotate_config(entry.path());
    EXPECT_FALSE(config.description.empty()) << entry.path();
    for (const std::string& path :
         {config.seeds.path, config.prompts.same, config.prompts.opposite, config.prompts.score})
      EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace angle
