// A small annotation: three sentences, two annotators, and a model that answers by rule.
#pragma once

#include <sstream>
#include <string>

#include "angle/io/json.h"

#include "support/chat_server.h"
#include "support/temp_dir.h"

namespace angle::testing {

/// What the model says to a request: two sentences of the same or of opposite meaning, or scores.
inline std::string answer_by_rule(const httplib::Request& request) {
  const json body = json::parse(request.body);
  const std::string question = body.at("messages").back().at("content").get<std::string>();
  const std::string text = question.substr(question.find("| ") + 2);
  if (question.starts_with("SAME")) return "1. Again: " + text + "\n2. Once more, " + text;
  if (question.starts_with("OPPOSITE")) return "1. Never ever in all of my life " + text + "\n2. Not " + text;
  std::istringstream lines(text);
  std::string line, scores;
  std::getline(lines, line);
  for (int number = 1; std::getline(lines, line); ++number)
    scores += std::to_string(number) + (line.find('N') == std::string::npos ? ". 5\n" : ". 0\n");
  return scores;
}

inline void answer(const httplib::Request& request, httplib::Response& response) {
  response.set_content(chat_completion(answer_by_rule(request)), "application/json");
}

/// The files of an annotation in a directory of its own.
class AnnotateSetup {
 public:
  AnnotateSetup() {
    directory_.file("seeds.txt", "the dog sleeps\nrain fell all night\nshe sold the blue car\n");
    directory_.file("same.txt", "SAME {size} | {text}\n");
    directory_.file("opposite.txt", "OPPOSITE {size} | {text}\n");
    directory_.file("score.txt", "SCORE | {text}\n{candidates}\n");
    directory_.file("b.txt", "You are B.\n");
  }

  /// Its configuration, as JSON.
  static json config(const std::string& url) {
    return {{"description", "test"},
            {"seeds", {{"path", "seeds.txt"}}},
            {"sentences", 2},
            {"prompts", {{"same", "same.txt"}, {"opposite", "opposite.txt"}, {"score", "score.txt"}}},
            {"endpoints", {{"local", {{"url", url}, {"backoff_seconds", 0.01}, {"timeout_seconds", 5}}}}},
            {"annotators",
             {{{"name", "a"}, {"endpoint", "local"}, {"model", "model-a"}, {"prompt_price", 10.0}},
              {{"name", "b"},
               {"endpoint", "local"},
               {"model", "model-b"},
               {"instruction", "b.txt"},
               {"completion_price", 100.0}}}},
            {"outputs",
             {{{"path", "a.jsonl"}, {"annotators", {"a"}}, {"min_word_difference", 0}},
              {{"path", "all.jsonl"}},
              {{"path", "voted.jsonl"}, {"combine", "vote"}, {"min_word_difference", 0}}}}};
  }

  /// Writes a configuration and returns its path.
  std::string write(const json& config) const { return directory_.file("run.json", config.dump()).string(); }

  std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
  std::filesystem::path file(const std::string& name, std::string_view content) const {
    return directory_.file(name, content);
  }

  /// Of the whole annotation: 3 sentences × 2 annotators × (2 relations + 1 scoring).
  static constexpr int64_t kRequests = 18;

 private:
  TempDir directory_;
};

}  // namespace angle::testing
