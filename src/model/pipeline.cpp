#include "model/pipeline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

#include "text/json_field.h"

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

/// A pooling by the name it has in version 5.4 and later, by ours, or by angle_emb's.
Pooling parse_pooling_mode(const JsonField& field) {
  const std::string& name = field.string();
  if (name == "lasttoken") return Pooling::last;
  if (name == "mean_sqrt_len_tokens") return Pooling::mean_sqrt_len;
  try {
    return parse_pooling(name);
  } catch (const Error& error) {
    fail("{}: {}", field.source(), error.what());
  }
}

void refuse_unknown_poolings(const JsonField& config) {
  const auto is_known = [](const std::string& key) {
    return std::any_of(kPoolingKeys.begin(), kPoolingKeys.end(),
                       [&](const auto& known) { return key == known.first; });
  };
  for (const auto& [key, value] : config.object().items())
    if (key.starts_with("pooling_mode_") && !is_known(key) && value != json(false))
      config[key].refuse("this pooling is not supported");
}

void read_pooling(const fs::path& file, Pipeline& pipeline) {
  const json contents = read_json(file);
  const JsonField config(contents, file.string());
  pipeline.include_prompt = config["include_prompt"].boolean_or(true);
  const JsonField mode = config["pooling_mode"];
  if (mode.is_array()) {
    for (size_t i = 0; i < mode.size(); ++i) pipeline.pooling.push_back(parse_pooling_mode(mode[i]));
  } else if (!mode.is_null()) {
    pipeline.pooling = {parse_pooling_mode(mode)};
  } else {
    for (const auto& [key, pooling] : kPoolingKeys)
      if (config[key].boolean_or(false)) pipeline.pooling.push_back(pooling);
  }
  refuse_unknown_poolings(config);
  if (pipeline.pooling.empty())
    fail("{}: no pooling mode is set; set one, for example \"pooling_mode_mean_tokens\": true",
         file.string());
}

Activation parse_activation_class(const JsonField& field) {
  const std::string name = field.string_or("torch.nn.modules.activation.Tanh");
  for (const auto& [known, activation] : kActivationClasses)
    if (last_component(known) == last_component(name)) return activation;
  field.refuse(name + " is not supported (supported: Tanh, Identity, ReLU, GELU)");
}

int64_t read_features(const JsonField& field) {
  const int64_t value = field.integer();
  if (value < 1 || value > (1 << 24)) field.refuse(fmt::format("expected 1 to {}, found {}", 1 << 24, value));
  return value;
}

/// A projection is between vectors of texts; version 5.4 and later can name other features.
void check_feature_name(const JsonField& field) {
  const std::string name = field.string_or("sentence_embedding");
  if (name != "sentence_embedding")
    field.refuse(fmt::format(R"("{}" is not supported (expected "sentence_embedding"))", name));
}

Dense read_dense(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  const json contents = read_json(file);
  const JsonField config(contents, file.string());
  const int64_t in_features = read_features(config["in_features"]);
  const int64_t out_features = read_features(config["out_features"]);
  const bool has_bias = config["bias"].boolean_or(true);
  check_feature_name(config["module_input_name"]);
  check_feature_name(config["module_output_name"]);
  const auto expected = [&](const Linear& linear) {
    std::vector<NamedTensor> tensors = {{"linear.weight", linear.weight}};
    if (has_bias) tensors.push_back({"linear.bias", linear.bias});
    return tensors;
  };
  const WeightFiles files(folder);
  files.check(expected(Linear(in_features, out_features, at::kMeta)));
  Dense dense{Linear(in_features, out_features), parse_activation_class(config["activation_function"])};
  dense.linear.bias.zero_();
  files.read_into(expected(dense.linear));
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
    fail(R"({}: expected modules with "type" and "path", found {})", source, module.dump());
  const std::string full_type = module.at("type").get<std::string>();
  if (!full_type.starts_with("sentence_transformers."))
    fail(
        "{}: module type {} is code of the model's own, which is not run (supported: those of sentence_transformers)",
        source, full_type);
  const std::string type = last_component(full_type);
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
         full_type);
  }
}

/// A directory without modules.json: Hugging Face's, or one that angle_emb wrote.
Pipeline read_bare(const fs::path& directory) {
  Pipeline pipeline;
  pipeline.transformer_dir = directory;
  pipeline.pooling = {Pooling::mean};
  const fs::path file = directory / "angle_config.json";
  if (!fs::exists(file)) {
    pipeline.notes.emplace_back(
        "no modules.json: mean pooling and no normalisation are assumed, as sentence-transformers does");
    return pipeline;
  }
  const json contents = read_json(file);
  const JsonField config(contents, file.string());
  for (const char* key : {"is_llm", "apply_lora"})
    if (config[key].boolean_or(false)) config[key].refuse("true is not supported");
  const JsonField strategy = config["pooling_strategy"];
  pipeline.pooling = {strategy.is_null() ? Pooling::cls : parse_pooling_mode(strategy)};
  pipeline.notes.push_back("no modules.json: pooling " + pooling_name(pipeline.pooling.front()) +
                           " is taken from angle_config.json, no normalisation");
  return pipeline;
}

/// Where sentence-transformers puts a pooling among several; Error when it has no such pooling.
size_t pooling_place(Pooling pooling) {
  for (size_t i = 0; i < kPoolingKeys.size(); ++i)
    if (kPoolingKeys[i].second == pooling) return i;
  fail(
      "pooling {}: sentence-transformers has no such pooling, so no model directory can be written with it; "
      "choose cls, mean, max, last, mean_sqrt_len or weightedmean",
      pooling_name(pooling));
}

json pooling_config(const Model& model) {
  json config = {{"word_embedding_dimension", model.encoder.encoder.config().hidden_size},
                 {"include_prompt", model.include_prompt}};
  for (const auto& [key, pooling] : kPoolingKeys) config[key] = false;
  for (const Pooling kind : model.encoder.pooling) config[kPoolingKeys[pooling_place(kind)].first] = true;
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
  std::vector<size_t> places;
  for (const Pooling kind : encoder.pooling) places.push_back(pooling_place(kind));
  if (std::adjacent_find(places.begin(), places.end(), std::greater_equal<>()) != places.end())
    fail(
        "several poolings: the layout that is written knows each once and in one order only: cls, max, mean, "
        "mean_sqrt_len, weightedmean, last");
}

void write_pipeline(const fs::path& directory, const Model& model) {
  json modules = {module_entry(0, "", "Transformer"), module_entry(1, "1_Pooling", "Pooling")};
  fs::create_directories(directory / "1_Pooling");
  write_json(directory / "1_Pooling" / "config.json", pooling_config(model));
  for (const Dense& dense : model.encoder.dense) {
    const std::string folder = std::to_string(modules.size()) + "_Dense";
    write_dense(directory / folder, dense);
    modules.push_back(module_entry(modules.size(), folder, "Dense"));
  }
  if (model.normalize)
    modules.push_back(
        module_entry(modules.size(), std::to_string(modules.size()) + "_Normalize", "Normalize"));
  write_json(directory / "modules.json", modules);
  if (model.encoder.pooling.size() == 1)
    write_json(directory / "angle_config.json",
               {{"pooling_strategy", pooling_name(model.encoder.pooling.front())},
                {"max_length", model.max_seq_length},
                {"is_llm", false},
                {"apply_lora", false}});
}

std::vector<fs::path> module_folders(const fs::path& directory) {
  std::vector<fs::path> folders;
  if (!fs::is_directory(directory)) return folders;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    const size_t digits = name.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos) continue;
    const std::string kind = name.substr(digits);
    if (kind == "_Pooling" || kind == "_Dense") folders.push_back(entry.path());
  }
  return folders;
}

}  // namespace angle
