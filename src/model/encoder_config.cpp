#include "angle/model/encoder_config.h"

#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "angle/error.h"

namespace angle {
namespace {

using nlohmann::json;

/// Reads one config.json, collecting what is wrong with it.
class ConfigReader {
 public:
  explicit ConfigReader(const json& config) : config_(config) {}

  int64_t integer(const char* key, int64_t smallest, int64_t largest, std::optional<int64_t> fallback = {}) {
    if (fallback && (!config_.contains(key) || config_.at(key).is_null())) return *fallback;
    if (!config_.contains(key)) {
      problems.push_back(fmt::format("{}: missing", key));
    } else if (!config_.at(key).is_number_integer()) {
      problems.push_back(fmt::format("{}: expected an integer, found {}", key, config_.at(key).dump()));
    } else if (const auto value = config_.at(key).get<int64_t>(); value < smallest || value > largest) {
      problems.push_back(fmt::format("{}: expected {} to {}, found {}", key, smallest, largest, value));
    } else {
      return value;
    }
    return smallest;
  }

  double number(const char* key, double smallest, double largest, double fallback) {
    if (!config_.contains(key) || config_.at(key).is_null()) return fallback;
    const json& value = config_.at(key);
    if (value.is_number() && value.get<double>() >= smallest && value.get<double>() <= largest)
      return value.get<double>();
    problems.push_back(
        fmt::format("{}: expected a number from {} to {}, found {}", key, smallest, largest, value.dump()));
    return fallback;
  }

  /// The value that `choices` gives to the string at `key`.
  template <typename T>
  T choice(const char* key, const std::map<std::string, T>& choices,
           std::optional<std::string> fallback = {}) {
    const json value = config_.contains(key) ? config_.at(key) : fallback ? json(*fallback) : json();
    if (value.is_string()) {
      const auto found = choices.find(value.get<std::string>());
      if (found != choices.end()) return found->second;
    }
    std::string names;
    for (const auto& [name, unused] : choices) names += (names.empty() ? "" : ", ") + name;
    problems.push_back(
        value.is_null() ? fmt::format("{}: missing", key)
                        : fmt::format("{}: {} is not supported (supported: {})", key, value.dump(), names));
    return choices.begin()->second;
  }

  std::vector<std::string> problems;

 private:
  const json& config_;
};

const std::map<std::string, Architecture> kArchitectures = {{"bert", Architecture::bert},
                                                            {"camembert", Architecture::roberta},
                                                            {"roberta", Architecture::roberta},
                                                            {"xlm-roberta", Architecture::roberta}};

const std::map<std::string, Activation> kActivations = {{"gelu", Activation::gelu},
                                                        {"gelu_new", Activation::gelu_tanh},
                                                        {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                        {"relu", Activation::relu}};

}  // namespace

EncoderConfig parse_encoder_config(const json& config, const std::string& source) {
  if (!config.is_object()) fail("{}: expected a JSON object, found {}", source, config.type_name());
  constexpr int64_t kLargest = int64_t{1} << 24;
  ConfigReader reader(config);
  EncoderConfig result;
  result.architecture = reader.choice("model_type", kArchitectures);
  result.vocab_size = reader.integer("vocab_size", 1, kLargest);
  result.hidden_size = reader.integer("hidden_size", 1, 1 << 16);
  result.num_hidden_layers = reader.integer("num_hidden_layers", 1, 1000);
  result.num_attention_heads = reader.integer("num_attention_heads", 1, 1 << 16);
  result.intermediate_size = reader.integer("intermediate_size", 1, kLargest);
  result.max_position_embeddings = reader.integer("max_position_embeddings", 1, kLargest);
  result.type_vocab_size = reader.integer("type_vocab_size", 1, 1000, 2);
  result.pad_token_id =
      reader.integer("pad_token_id", 0, kLargest, result.architecture == Architecture::roberta ? 1 : 0);
  result.hidden_act = reader.choice("hidden_act", kActivations, "gelu");
  result.layer_norm_eps = reader.number("layer_norm_eps", 0, 1, 1e-12);
  result.hidden_dropout_prob = reader.number("hidden_dropout_prob", 0, 0.999, 0.1);
  result.attention_probs_dropout_prob = reader.number("attention_probs_dropout_prob", 0, 0.999, 0.1);
  reader.choice<int>("position_embedding_type", {{"absolute", 0}}, "absolute");
  if (result.hidden_size % result.num_attention_heads != 0)
    reader.problems.push_back(fmt::format("hidden_size {} is not divisible by num_attention_heads {}",
                                          result.hidden_size, result.num_attention_heads));
  if (result.max_tokens() < 2)
    reader.problems.push_back(
        fmt::format("max_position_embeddings {} leaves no room for a text", result.max_position_embeddings));

  std::string message;
  for (const auto& problem : reader.problems) message += "\n  " + problem;
  if (!message.empty()) fail("{}: not a usable encoder configuration:{}", source, message);
  return result;
}

}  // namespace angle
