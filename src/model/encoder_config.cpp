#include "angle/model/encoder_config.h"

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string_view>
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
    const json value = member(key);
    if (value.is_null() && fallback) return *fallback;
    if (value.is_null()) {
      refuse(key, "missing");
    } else if (!value.is_number_integer()) {
      refuse(key, "expected an integer, found " + value.dump());
    } else if (value < smallest || value > largest) {
      refuse(key, fmt::format("expected {} to {}, found {}", smallest, largest, value.dump()));
    } else {
      return value.get<int64_t>();
    }
    return smallest;
  }

  double number(const char* key, double smallest, double largest, double fallback) {
    const json value = member(key);
    if (value.is_null()) return fallback;
    if (value.is_number() && value.get<double>() >= smallest && value.get<double>() <= largest)
      return value.get<double>();
    refuse(key, fmt::format("expected a number from {} to {}, found {}", smallest, largest, value.dump()));
    return fallback;
  }

  /// The value that `choices` gives to the string at `key`.
  template <typename T>
  T choice(const char* key, const std::map<std::string, T>& choices,
           std::optional<std::string> fallback = {}) {
    json value = member(key);
    if (value.is_null() && fallback) value = *fallback;
    if (value.is_string()) {
      const auto found = choices.find(value.get<std::string>());
      if (found != choices.end()) return found->second;
    }
    std::string names;
    for (const auto& [name, unused] : choices) names += (names.empty() ? "" : ", ") + name;
    refuse(key, value.is_null() ? "missing"
                                : fmt::format("{} is not supported (supported: {})", value.dump(), names));
    return choices.begin()->second;
  }

  /// A switch for what this encoder does not have.
  void require_false(const char* key) {
    const json value = member(key);
    if (!value.is_null() && value != false)
      refuse(key, fmt::format("{} is not supported (supported: false)", value.dump()));
  }

  /// A condition on several members; it says nothing when one of them is wrong by itself.
  void require(std::initializer_list<std::string_view> keys, bool good, const std::string& problem) {
    for (const std::string_view key : keys) good = good || refused_.contains(key);
    if (!good) problems_.push_back(problem);
  }

  /// Error with all that is wrong so far, if anything is.
  void refuse_problems(const std::string& source) const {
    if (!problems_.empty())
      fail("{}: not a usable encoder configuration:\n  {}", source, fmt::join(problems_, "\n  "));
  }

 private:
  /// A member; null when it is missing.
  json member(const char* key) const { return config_.value(key, json()); }

  void refuse(const char* key, const std::string& problem) {
    refused_.insert(key);
    problems_.push_back(fmt::format("{}: {}", key, problem));
  }

  const json& config_;
  std::vector<std::string> problems_;
  std::set<std::string_view> refused_;  // keys
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
  constexpr double kLeastEpsilon = 1e-30;  // with 0, also what is 0 as a float32, equal values give 0 / 0
  ConfigReader reader(config);
  EncoderConfig result;
  result.architecture = reader.choice("model_type", kArchitectures);
  if (config.contains("model_type")) reader.refuse_problems(source);  // other families have other keys
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
  result.layer_norm_eps = reader.number("layer_norm_eps", kLeastEpsilon, 1, 1e-12);
  result.hidden_dropout_prob = reader.number("hidden_dropout_prob", 0, 0.999, 0.1);
  result.attention_probs_dropout_prob = reader.number("attention_probs_dropout_prob", 0, 0.999, 0.1);
  reader.choice<int>("position_embedding_type", {{"absolute", 0}}, "absolute");
  reader.require_false("is_decoder");  // its attention would see earlier tokens only
  reader.require_false("add_cross_attention");
  reader.require({"hidden_size", "num_attention_heads"}, result.hidden_size % result.num_attention_heads == 0,
                 fmt::format("hidden_size {} is not divisible by num_attention_heads {}", result.hidden_size,
                             result.num_attention_heads));
  reader.require({"max_position_embeddings", "pad_token_id", "model_type"}, result.max_tokens() >= 2,
                 fmt::format("max_position_embeddings {} leaves no room for a text from position {} on",
                             result.max_position_embeddings, result.first_position()));
  reader.require(
      {"pad_token_id", "vocab_size"}, result.pad_token_id < result.vocab_size,
      fmt::format("pad_token_id {} is not below vocab_size {}", result.pad_token_id, result.vocab_size));
  reader.refuse_problems(source);
  return result;
}

}  // namespace angle
