// The configuration of `angle annotate`: which sentences, which language models, what is asked, what is
// written.
//
// JSON of exactly the shape of AnnotateConfig, checked as strictly as a training configuration (config.h).
// Relative paths are looked up beside the configuration; outputs go below the output directory. No key is in
// it: an endpoint names the environment variable that holds one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "angle/io/json.h"
#include "angle/json_enum.h"

namespace angle {

/// The unlabelled sentences.
struct SeedsConfig {
  std::string path;   // a sentence a line, may be gzip; required
  std::string field;  // the file is JSONL, and the sentence is this field of its objects
  int64_t limit = 0;  // use only the first so many; 0: all
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SeedsConfig, path, field, limit)

/// Files with what is asked. Placeholders: `{text}` the sentence, `{size}` how many are wanted,
/// `{candidates}` a numbered list of sentences to score against it.
struct PromptsConfig {
  std::string same;      // asks for sentences of the same meaning; required
  std::string opposite;  // asks for sentences of opposite meaning; required
  std::string score;     // asks for scores from 0 to 5; "": nobody scores, so there is no vote
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(PromptsConfig, same, opposite, score)

/// Where replies come from: a server that speaks OpenAI's chat completions, or a file of recorded replies.
struct EndpointConfig {
  std::string url;           // https://api.example.com/v1/chat/completions; "" where `recorded` is given
  std::string recorded;      // JSONL as `--record` writes it, asked in place of a server
  std::string key_variable;  // environment variable with the key; "": no key is sent
  std::string key_header = "Authorization";  // `Bearer KEY` in this one, the bare key in any other
  std::string ca_file;                       // authority (PEM) to trust in place of the system's
  bool verify_certificate = true;            // false: anybody between here and there can read along
  int64_t concurrency = 4;                   // requests at a time
  double requests_per_minute = 0;            // 0: no limit
  double timeout_seconds = 60;               // of one request, from connecting to its last byte
  int64_t retries = 5;                       // after a failure that may pass
  double backoff_seconds = 1;                // before the first retry, doubled for each further one
  double max_wait_seconds = 120;  // longest wait before a retry, also when the server asks for more
  int64_t max_reply_bytes = int64_t{1} << 20;  // longer replies are broken off
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EndpointConfig, url, recorded, key_variable, key_header,
                                                ca_file, verify_certificate, concurrency, requests_per_minute,
                                                timeout_seconds, retries, backoff_seconds, max_wait_seconds,
                                                max_reply_bytes)

/// A language model with an instruction of its own.
struct AnnotatorConfig {
  std::string name;                  // in outputs and reports; required, unique
  std::string endpoint;              // a key of `endpoints`; required
  std::string model;                 // as the endpoint calls it; required
  std::string instruction;           // file with the system message; "": none
  json parameters = json::object();  // put into each request as they are: temperature, max_tokens, seed …
  double prompt_price = 0;           // of a million tokens, in any currency
  double completion_price = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AnnotatorConfig, name, endpoint, model, instruction,
                                                parameters, prompt_price, completion_price)

/// Scored pairs of other people's making, which the annotators score too; for the report alone.
struct GoldConfig {
  std::string path;                          // scored pairs (data/reader.h); "": none
  std::vector<double> label_scale = {0, 5};  // its lowest and highest label
  int64_t limit = 0;                         // use only the first so many; 0: all
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GoldConfig, path, label_scale, limit)

/// How several annotators make one training set.
enum class Combination {
  concatenate,  // all pairs, one annotator after the other, each once (the paper repeats them)
  vote          // pairs whose relation the majority of the annotators' scores confirms
};
ANGLE_JSON_ENUM(Combination, {{Combination::concatenate, "concatenate"}, {Combination::vote, "vote"}})

/// What the score of a pair is; in [0, 1] either way.
enum class PairLabel {
  binary,     // 1 the same meaning, 0 the opposite (the paper's)
  mean_score  // the annotators' mean score by 5
};
ANGLE_JSON_ENUM(PairLabel, {{PairLabel::binary, "binary"}, {PairLabel::mean_score, "mean_score"}})

/// One training set to write.
struct OutputConfig {
  std::string path;                     // a .jsonl in the output directory; required
  std::vector<std::string> annotators;  // whose pairs, by name; []: all
  Combination combine = Combination::concatenate;
  PairLabel label = PairLabel::binary;
  /// Pairs of opposite meaning whose numbers of words differ by less are left out; 0: none are. The paper's
  /// rule for ChatGPT and for the ensemble, and its number.
  int64_t min_word_difference = 5;
  double same_score = 3;  // a score from here up is a vote for the same meaning, a lower one for the opposite
  int64_t min_votes = 0;  // votes that a pair needs; 0: more than half of the annotators
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OutputConfig, path, annotators, combine, label,
                                                min_word_difference, same_score, min_votes)

struct AnnotateConfig {
  std::string description;  // what it is for, command
  SeedsConfig seeds;
  int64_t sentences = 3;   // to ask for, per seed, annotator and relation
  int64_t max_words = 64;  // longer generated sentences are left out
  double max_cost = 0;     // of one run, by the annotators' prices, but for about one reply; 0: no limit
  PromptsConfig prompts;
  std::map<std::string, EndpointConfig> endpoints;
  std::vector<AnnotatorConfig> annotators;
  GoldConfig gold;
  std::vector<OutputConfig> outputs;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(AnnotateConfig, description, seeds, sentences, max_words,
                                                max_cost, prompts, endpoints, annotators, gold, outputs)

/// Checks and converts. Error with every problem, one a line, as parse_config().
///
/// @param source  where it came from, for messages
AnnotateConfig parse_annotate_config(const json& given, const std::string& source);

/// A configuration file (`-`: stdin) with `--set` overrides applied, checked, its input paths resolved
/// against its directory.
AnnotateConfig load_annotate_config(const std::filesystem::path& path,
                                    const std::vector<std::string>& overrides = {});

}  // namespace angle
