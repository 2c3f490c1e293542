#include "angle/annotate/annotate_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "angle/config.h"
#include "angle/suggest.h"

#include "annotate/endpoint_url.h"
#include "config_checker.h"
#include "config_file.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

json make_schema() {
  json annotator = AnnotatorConfig{};
  annotator["parameters"] = nullptr;
  json output = OutputConfig{};
  output["annotators"] = json::array({""});
  output["combine"] = one_of<Combination>();
  output["label"] = one_of<PairLabel>();
  json schema = AnnotateConfig{};
  schema["endpoints"] = {{"*", EndpointConfig{}}};
  schema["annotators"] = json::array({annotator});
  schema["outputs"] = json::array({output});
  return schema;
}

class Rules : ConfigRules {
 public:
  explicit Rules(const AnnotateConfig& config) : config_(config) {}

  std::vector<std::string> check() {
    require(!config_.seeds.path.empty(), "seeds.path: missing; name the file of sentences");
    require_range(config_.seeds.limit, int64_t{0}, kMany, "seeds.limit");
    require_range(config_.sentences, int64_t{1}, int64_t{100}, "sentences");
    require_range(config_.max_words, int64_t{1}, int64_t{10'000}, "max_words");
    require_range(config_.max_cost, 0.0, 1e9, "max_cost");
    require(!config_.prompts.same.empty(), "prompts.same: missing; name the file of the prompt");
    require(!config_.prompts.opposite.empty(), "prompts.opposite: missing; name the file of the prompt");
    check_gold();
    std::set<std::string> urls;
    for (const auto& [name, endpoint] : config_.endpoints) {
      check_endpoint("endpoints." + name, endpoint);
      require(endpoint.url.empty() || urls.insert(endpoint.url).second,
              "endpoints.{}.url: another endpoint has it too; one endpoint can serve several annotators",
              name);
    }
    check_annotators();
    check_outputs();
    return std::move(problems_);
  }

 private:
  static constexpr int64_t kMany = 1'000'000'000;

  void check_gold() {
    const GoldConfig& gold = config_.gold;
    require(is_scale(gold.label_scale), "gold.label_scale: expected [lowest, highest]");
    require_range(gold.limit, int64_t{0}, kMany, "gold.limit");
    require(gold.path.empty() || !config_.prompts.score.empty(),
            "gold.path: nobody scores the pairs without prompts.score");
  }

  void check_endpoint(const std::string& path, const EndpointConfig& endpoint) {
    require(endpoint.url.empty() != endpoint.recorded.empty(),
            "{}: expected either url or recorded (found {})", path,
            endpoint.url.empty() ? "neither" : "both");
    if (!endpoint.url.empty()) {
      const std::string problem = endpoint_url_problem(endpoint.url, !endpoint.key_variable.empty());
      require(problem.empty(), "{}.url: {}", path, problem);
    }
    // The value is not shown: it may be a key in the wrong place.
    require(endpoint.key_variable.find_first_not_of(kVariableCharacters) == std::string::npos,
            "{}.key_variable: expected the name of an environment variable, not the key itself", path);
    require(!endpoint.key_header.empty() &&
                endpoint.key_header.find_first_not_of(kHeaderCharacters) == std::string::npos,
            "{}.key_header: expected the name of an HTTP header", path);
    require_range(endpoint.concurrency, int64_t{1}, int64_t{256}, path + ".concurrency");
    require_range(endpoint.requests_per_minute, 0.0, 1e6, path + ".requests_per_minute");
    require_range(endpoint.timeout_seconds, 0.01, 3600.0, path + ".timeout_seconds");
    require_range(endpoint.retries, int64_t{0}, int64_t{100}, path + ".retries");
    require_range(endpoint.backoff_seconds, 0.0, 3600.0, path + ".backoff_seconds");
    require_range(endpoint.max_wait_seconds, 0.0, 86400.0, path + ".max_wait_seconds");
    require_range(endpoint.max_reply_bytes, int64_t{1}, int64_t{1} << 30, path + ".max_reply_bytes");
  }

  void check_annotators() {
    require(!config_.annotators.empty(), "annotators: expected at least one");
    std::set<std::string> names;
    std::set<json> asked;
    for (size_t i = 0; i < config_.annotators.size(); ++i) {
      const AnnotatorConfig& annotator = config_.annotators[i];
      const std::string path = fmt::format("annotators[{}]", i);
      require(!annotator.name.empty(), "{}.name: missing", path);
      require(names.insert(annotator.name).second, "{}.name: \"{}\" occurs twice", path, annotator.name);
      require(!annotator.model.empty(), "{}.model: missing", path);
      require(config_.endpoints.contains(annotator.endpoint),
              "{}.endpoint: there is no \"{}\" in endpoints{}", path, annotator.endpoint,
              suggestion(annotator.endpoint, endpoint_names()));
      require(annotator.prompt_price >= 0 && annotator.completion_price >= 0, "{}: a price below 0", path);
      check_parameters(path, annotator.parameters);
      json same = annotator;
      for (const char* key : {"name", "prompt_price", "completion_price"}) same.erase(key);
      require(asked.insert(same).second, "{}: asks the same as another one; give it its own instruction",
              path);
    }
  }

  void check_parameters(const std::string& path, const json& parameters) {
    require(parameters.is_object(), "{}.parameters: expected an object", path);
    for (const char* key : {"model", "messages", "stream", "n"})
      require(!parameters.is_object() || !parameters.contains(key), "{}.parameters.{}: can't be set here",
              path, key);
  }

  void check_outputs() {
    require(!config_.outputs.empty(), "outputs: expected at least one");
    std::set<std::string> paths;
    for (size_t i = 0; i < config_.outputs.size(); ++i) {
      const OutputConfig& output = config_.outputs[i];
      const std::string path = fmt::format("outputs[{}]", i);
      check_output_path(path, output.path);
      require(paths.insert(fs::path(output.path).lexically_normal().string()).second,
              "{}.path: {} is written twice", path, output.path);
      for (const std::string& name : output.annotators)
        require(is_annotator(name), "{}.annotators: there is no \"{}\"{}", path, name,
                suggestion(name, annotator_names()));
      require_range(output.min_word_difference, int64_t{0}, int64_t{1000}, path + ".min_word_difference");
      require_range(output.same_score, 0.0, 5.0, path + ".same_score");
      const std::set<std::string> members(output.annotators.begin(), output.annotators.end());
      require(members.size() == output.annotators.size(), "{}.annotators: one is named twice", path);
      const size_t voters = members.empty() ? config_.annotators.size() : members.size();
      require_range(output.min_votes, int64_t{0}, static_cast<int64_t>(voters), path + ".min_votes");
      const bool needs_scores = output.combine == Combination::vote || output.label == PairLabel::mean_score;
      require(!needs_scores || !config_.prompts.score.empty(), "{}: needs scores; name prompts.score", path);
    }
  }

  void check_output_path(const std::string& path, const fs::path& output) {
    const fs::path normal = output.lexically_normal();
    require(output.extension() == ".jsonl" && normal.is_relative() && *normal.begin() != "..",
            "{}.path: \"{}\", expected the name of a .jsonl in the output directory", path, output.string());
  }

  std::vector<std::string> endpoint_names() const {
    std::vector<std::string> names;
    for (const auto& [name, endpoint] : config_.endpoints) names.push_back(name);
    return names;
  }

  std::vector<std::string> annotator_names() const {
    std::vector<std::string> names;
    for (const AnnotatorConfig& annotator : config_.annotators) names.push_back(annotator.name);
    return names;
  }

  bool is_annotator(const std::string& name) const {
    const std::vector<std::string> names = annotator_names();
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static constexpr const char* kHeaderCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  static constexpr const char* kVariableCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

  const AnnotateConfig& config_;
};

}  // namespace

AnnotateConfig parse_annotate_config(const json& given, const std::string& source) {
  std::vector<std::string> problems;
  check_against_schema(given, make_schema(), problems);
  refuse_problems(source, problems);
  auto config = given.get<AnnotateConfig>();
  refuse_problems(source, Rules(config).check());
  return config;
}

AnnotateConfig load_annotate_config(const fs::path& path, const std::vector<std::string>& overrides) {
  ConfigFile file = read_config_file(path, ConfigKind::annotation);
  for (const std::string& assignment : overrides) apply_override(file.content, assignment);
  AnnotateConfig config = parse_annotate_config(file.content, file.source);

  const auto resolve = [&](std::string& named) {
    if (!named.empty() && fs::path(named).is_relative())
      named = (file.directory / named).lexically_normal().string();
  };
  for (std::string* named : {&config.seeds.path, &config.prompts.same, &config.prompts.opposite,
                             &config.prompts.score, &config.gold.path})
    resolve(*named);
  for (auto& [name, endpoint] : config.endpoints) resolve(endpoint.recorded), resolve(endpoint.ca_file);
  for (AnnotatorConfig& annotator : config.annotators) resolve(annotator.instruction);
  return config;
}

}  // namespace angle
