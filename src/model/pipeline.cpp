#include "model/pipeline.h"

#include <array>
#include <utility>

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// sentence-transformers' keys of 1_Pooling/config.json in the order in which it concatenates.
constexpr std::array<std::pair<const char*, Pooling>, 6> kPoolingKeys = {
    {{"pooling_mode_cls_token", Pooling::cls},
     {"pooling_mode_max_tokens", Pooling::max},
     {"pooling_mode_mean_tokens", Pooling::mean},
     {"pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt_len},
     {"pooling_mode_weightedmean_tokens", Pooling::weightedmean},
     {"pooling_mode_lasttoken", Pooling::last}}};

/// sentence-transformers' names of activation classes, by their last component.
constexpr std::array<std::pair<const char*, Activation>, 4> kActivationClasses = {
    {{"torch.nn.modules.activation.Tanh", Activation::tanh},
     {"torch.nn.modules.linear.Identity", Activation::none},
     {"torch.nn.modules.activation.ReLU", Activation::relu},
     {"torch.nn.modules.activation.GELU", Activation::gelu}}};

std::string last_component(const std::string& dotted) { return dotted.substr(dotted.rfind('.') + 1); }

/// The name version 5.4 and later use: `lasttoken` where we say `last`.
Pooling parse_pooling_mode(const std::string& name, const std::string& source) {
  if (name == "lasttoken") return Pooling::last;
  try {
    return parse_pooling(name);
  } catch (const Error& error) {
    fail("{}: {}", source, error.what());
  }
}

void read_pooling(const fs::path& file, Pipeline& pipeline) {
  const json config = read_json(file);
  if (!config.is_object()) fail("{}: expected a JSON object", file.string());
  pipeline.include_prompt = config.value("include_prompt", true);
  const json mode = config.value("pooling_mode", json());
  if (mode.is_string()) {
    pipeline.pooling = {parse_pooling_mode(mode.get<std::string>(), file.string())};
  } else if (mode.is_array()) {
    for (const json& name : mode)
      pipeline.pooling.push_back(parse_pooling_mode(name.get<std::string>(), file.string()));
  } else {
    for (const auto& [key, pooling] : kPoolingKeys)
      if (config.value(key, false)) pipeline.pooling.push_back(pooling);
  }
  if (pipeline.pooling.empty())
    fail("{}: no pooling mode is set; set one, for example \"pooling_mode_mean_tokens\": true",
         file.string());
}

Activation parse_activation_class(const std::string& name, const std::string& source) {
  for (const auto& [known, activation] : kActivationClasses)
    if (last_component(known) == last_component(name)) return activation;
  fail("{}: activation_function {} is not supported (supported: Tanh, Identity, ReLU, GELU)", source, name);
}

Dense read_dense(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  const json config = read_json(file);
  const auto size = [&](const char* key) {
    const json value = config.value(key, json());
    if (!value.is_number_integer() || value.get<int64_t>() < 1 || value.get<int64_t>() > (1 << 16))
      fail("{}: {}: expected a positive integer, found {}", file.string(), key, value.dump());
    return value.get<int64_t>();
  };
  Dense dense{Linear(size("in_features"), size("out_features")),
              parse_activation_class(config.value("activation_function", "torch.nn.modules.activation.Tanh"),
                                     file.string())};
  std::vector<NamedTensor> expected = {{"linear.weight", dense.linear.weight}};
  if (config.value("bias", true))
    expected.push_back({"linear.bias", dense.linear.bias});
  else
    dense.linear.bias.zero_();
  load_weights(folder, expected);
  return dense;
}

/// Module folders come from a file: a path out of the model directory is refused.
fs::path module_folder(const fs::path& directory, const std::string& path) {
  const fs::path relative(path);
  bool leaves = relative.is_absolute();
  for (const fs::path& part : relative) leaves = leaves || part == "..";
  if (leaves)
    fail("{}: module path \"{}\" leads out of the model directory", (directory / "modules.json").string(),
         path);
  return path.empty() ? directory : directory / relative;
}

void read_module(const fs::path& directory, const json& module, Pipeline& pipeline) {
  const std::string source = (directory / "modules.json").string();
  if (!module.is_object() || !module.value("type", json()).is_string() ||
      !module.value("path", json("")).is_string())
    fail("{}: expected modules with \"type\" and \"path\", found {}", source, module.dump());
  const std::string type = last_component(module.at("type").get<std::string>());
  const fs::path folder = module_folder(directory, module.value("path", ""));
  const auto require_before = [&](bool in_order) {
    if (!in_order)
      fail("{}: module {} at this place is not supported (expected Transformer, Pooling, Dense …, Normalize)",
           source, type);
  };
  if (type == "Transformer") {
    require_before(pipeline.transformer_dir.empty());
    pipeline.transformer_dir = folder;
  } else if (type == "Pooling") {
    require_before(!pipeline.transformer_dir.empty() && pipeline.pooling.empty());
    read_pooling(folder / "config.json", pipeline);
  } else if (type == "Dense") {
    require_before(!pipeline.pooling.empty() && !pipeline.normalize);
    pipeline.dense.push_back(read_dense(folder));
  } else if (type == "Normalize") {
    require_before(!pipeline.pooling.empty() && !pipeline.normalize);
    pipeline.normalize = true;
  } else {
    fail("{}: module type {} is not supported (supported: Transformer, Pooling, Dense, Normalize)", source,
         module.at("type").get<std::string>());
  }
}

/// A directory without modules.json: Hugging Face's, or one that angle_emb wrote.
Pipeline read_bare(const fs::path& directory) {
  Pipeline pipeline;
  pipeline.transformer_dir = directory;
  pipeline.pooling = {Pooling::mean};
  const fs::path file = directory / "angle_config.json";
  if (!fs::exists(file)) {
    pipeline.notes.push_back(
        "no modules.json: mean pooling and no normalisation are assumed, as sentence-transformers does");
    return pipeline;
  }
  const json config = read_json(file);
  for (const char* key : {"is_llm", "apply_lora"})
    if (config.value(key, json(false)) == json(true))
      fail("{}: {} is true, which is not supported", file.string(), key);
  const json strategy = config.value("pooling_strategy", json("cls"));
  if (!strategy.is_string()) fail("{}: pooling_strategy {} is not supported", file.string(), strategy.dump());
  pipeline.pooling = {parse_pooling_mode(strategy.get<std::string>(), file.string())};
  pipeline.notes.push_back("no modules.json: pooling " + strategy.get<std::string>() +
                           " is taken from angle_config.json, no normalisation");
  return pipeline;
}

json pooling_config(const std::vector<Pooling>& pooling, int64_t hidden) {
  json config = {{"word_embedding_dimension", hidden}, {"include_prompt", true}};
  size_t written = 0;
  for (const auto& [key, known] : kPoolingKeys) {
    const bool used = std::find(pooling.begin(), pooling.end(), known) != pooling.end();
    config[key] = used;
    written += used ? 1 : 0;
  }
  for (const Pooling kind : pooling)
    if (kind == Pooling::cls_avg || kind == Pooling::cls_max)
      fail(
          "pooling {}: sentence-transformers has no such pooling, so no model directory can be written with "
          "it; "
          "choose cls, mean, max, last, mean_sqrt_len or weightedmean",
          pooling_name(kind));
  TORCH_CHECK(written == pooling.size(), "a pooling is used twice");
  return config;
}

json module_entry(size_t index, const std::string& path, const std::string& type) {
  return {{"idx", index},
          {"name", std::to_string(index)},
          {"path", path},
          {"type", "sentence_transformers.models." + type}};
}

void write_json(const fs::path& file, const json& value) { write_file(file, value.dump(2) + "\n"); }

void write_dense(const fs::path& folder, const Dense& dense) {
  const char* activation = "";
  for (const auto& [name, known] : kActivationClasses)
    if (known == dense.activation) activation = name;
  fs::create_directories(folder);
  write_json(folder / "config.json", {{"in_features", dense.linear.weight.size(1)},
                                      {"out_features", dense.linear.weight.size(0)},
                                      {"bias", true},
                                      {"activation_function", activation}});
  write_tensors(folder / "model.safetensors", std::vector<NamedTensor>{{"linear.weight", dense.linear.weight},
                                                                       {"linear.bias", dense.linear.bias}});
}

}  // namespace

Pipeline read_pipeline(const fs::path& directory) {
  const fs::path file = directory / "modules.json";
  if (!fs::exists(file)) return read_bare(directory);
  const json modules = read_json(file);
  if (!modules.is_array())
    fail("{}: expected an array of modules, found {}", file.string(), modules.type_name());
  Pipeline pipeline;
  for (const json& module : modules) read_module(directory, module, pipeline);
  if (pipeline.transformer_dir.empty() || pipeline.pooling.empty())
    fail("{}: expected a Transformer and a Pooling module", file.string());
  return pipeline;
}

void check_can_save(const SentenceEncoder& encoder) {
  pooling_config(encoder.pooling, encoder.encoder.config().hidden_size);
}

void write_pipeline(const fs::path& directory, const SentenceEncoder& encoder, bool normalize,
                    int64_t max_seq_length) {
  const json pooling = pooling_config(encoder.pooling, encoder.encoder.config().hidden_size);
  json modules = {module_entry(0, "", "Transformer"), module_entry(1, "1_Pooling", "Pooling")};
  fs::create_directories(directory / "1_Pooling");
  write_json(directory / "1_Pooling" / "config.json", pooling);
  for (const Dense& dense : encoder.dense) {
    const std::string folder = std::to_string(modules.size()) + "_Dense";
    write_dense(directory / folder, dense);
    modules.push_back(module_entry(modules.size(), folder, "Dense"));
  }
  if (normalize)
    modules.push_back(
        module_entry(modules.size(), std::to_string(modules.size()) + "_Normalize", "Normalize"));
  write_json(directory / "modules.json", modules);
  if (encoder.pooling.size() == 1)
    write_json(directory / "angle_config.json", {{"pooling_strategy", pooling_name(encoder.pooling.front())},
                                                 {"max_length", max_seq_length},
                                                 {"is_llm", false},
                                                 {"apply_lora", false}});
}

}  // namespace angle
