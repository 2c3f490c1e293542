#include "angle/model/model_directory.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include "angle/cache_directory.h"
#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"
#include "angle/suggest.h"

#include "model/model_files.h"
#include "model/pipeline.h"
#include "text/json_field.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// An optional JSON object file: an empty object when it is not there.
json read_optional(const fs::path& file) {
  if (!fs::exists(file)) return json::object();
  json value = read_json(file);
  if (!value.is_object()) fail("{}: expected a JSON object, found {}", file.string(), value.type_name());
  return value;
}

/// sentence_bert_config.json under the name that it has of those it has had.
fs::path transformer_options_file(const fs::path& directory) {
  for (const char* family :
       {"bert", "roberta", "xlm-roberta", "camembert", "distilbert", "albert", "xlnet"}) {
    const fs::path file = directory / (std::string("sentence_") + family + "_config.json");
    if (fs::exists(file)) return file;
  }
  return directory / "sentence_bert_config.json";
}

/// The first of sentence_bert_config.json, tokenizer_config.json and angle_config.json that sets a limit,
/// within what the position table holds.
int64_t read_max_seq_length(const fs::path& directory, const EncoderConfig& config) {
  const std::array<std::pair<fs::path, const char*>, 3> sources = {
      {{transformer_options_file(directory), "max_seq_length"},
       {directory / "tokenizer_config.json", "model_max_length"},
       {directory / "angle_config.json", "max_length"}}};
  for (const auto& [file, key] : sources) {
    const json options = read_optional(file);
    const JsonField limit = JsonField(options, file.string())[key];
    if (limit.is_null()) continue;
    if (limit.number() < 2) limit.refuse(fmt::format("expected at least 2 tokens, found {}", limit.number()));
    return static_cast<int64_t>(std::min(limit.number(), static_cast<double>(config.max_tokens())));
  }
  return config.max_tokens();
}

/// Whether sentence-transformers puts lower-casing before everything that the tokenizer's files say.
bool read_do_lower_case(const fs::path& directory) {
  const fs::path file = transformer_options_file(directory);
  const json options = read_optional(file);
  return JsonField(options, file.string())["do_lower_case"].boolean_or(false);
}

void read_prompts(const fs::path& directory, ModelTokenizer& model) {
  const fs::path file = directory / "config_sentence_transformers.json";
  const json contents = read_optional(file);
  const JsonField options(contents, file.string());
  const JsonField prompts = options["prompts"];
  if (!prompts.is_null())
    for (const auto& [name, prompt] : prompts.object().items()) model.prompts[name] = prompts[name].string();
  const JsonField name = options["default_prompt_name"];
  if (name.is_null()) return;
  const auto prompt = model.prompts.find(name.string());
  if (prompt == model.prompts.end()) name.refuse("there is no prompt \"" + name.string() + "\"");
  model.default_prompt = prompt->second;
}

/// The small files of a model directory that say what everything else in it is.
struct DirectoryPlan {
  Pipeline pipeline;
  EncoderConfig config;
};

DirectoryPlan read_plan(const fs::path& directory) {
  if (!fs::exists(directory)) fail("{}: no such model directory", directory.string());
  if (!fs::is_directory(directory)) fail("{}: expected a model directory, found a file", directory.string());
  Pipeline pipeline = read_pipeline(directory);
  const fs::path config_file = pipeline.transformer_dir / "config.json";
  if (!fs::exists(config_file))
    fail("{}: there is no config.json; is it a model directory?", pipeline.transformer_dir.string());
  EncoderConfig config = parse_encoder_config(read_json(config_file), config_file.string());
  return {std::move(pipeline), config};
}

ModelTokenizer read_tokenizer(const fs::path& directory, const DirectoryPlan& plan) {
  const fs::path& transformer_dir = plan.pipeline.transformer_dir;
  const bool do_lower_case = read_do_lower_case(transformer_dir);
  LoadedTokenizer loaded = load_tokenizer(transformer_dir, do_lower_case);
  // Tokenizer and encoder must agree on the vocabulary, or ids would index past the embedding table.
  if (loaded.tokenizer->vocab_size() > plan.config.vocab_size)
    fail("{}: the tokenizer has {} tokens, config.json says vocab_size {}; the two are from different models",
         transformer_dir.string(), loaded.tokenizer->vocab_size(), plan.config.vocab_size);
  ModelTokenizer model{.tokenizer = std::move(loaded.tokenizer),
                       .max_seq_length = read_max_seq_length(transformer_dir, plan.config),
                       .longest = plan.config.max_tokens(),
                       .do_lower_case = do_lower_case,
                       .notes = std::move(loaded.warnings)};
  read_prompts(directory, model);
  return model;
}

void copy_tokenizer_files(const fs::path& from, const fs::path& to) {
  for (const std::string_view name : kTokenizerFiles)
    if (fs::exists(from / name)) write_file(to / name, read_file(from / name));
}

/// config.json as it was, but for the element type, which is now float32.
void write_config(const Model& model, const fs::path& directory) {
  json config = read_json(model.transformer_dir / "config.json");
  for (const char* key : {"dtype", "torch_dtype"})
    if (config.contains(key)) config[key] = "float32";
  write_file(directory / "config.json", config.dump(2) + "\n");
}

json sentence_transformers_options(const Model& model) {
  // Modest versions: a loader warns when a directory is from a later version than its own.
  json options = {
      {"model_type", "SentenceTransformer"},
      {"__version__", {{"sentence_transformers", "5.1.2"}, {"transformers", "4.57.0"}, {"pytorch", "2.8.0"}}},
      {"prompts", model.prompts},
      {"default_prompt_name", nullptr},
      {"similarity_fn_name", "cosine"}};
  for (const auto& [name, prompt] : model.prompts)
    if (!model.default_prompt.empty() && prompt == model.default_prompt)
      options["default_prompt_name"] = name;
  return options;
}

/// The entries of a directory that are directories; none of one that is not there.
std::vector<std::string> folders_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    if (entry.is_directory(ignored)) names.push_back(entry.path().filename().string());
  return names;
}

/// The fetched model whose name, or owner and name, differs from a name in the case of letters alone; "" for
/// none.
std::string in_other_case(const std::string& name, const fs::path& fetched) {
  for (const std::string& folder : folders_in(fetched)) {
    if (equal_but_for_case(folder, name)) return folder;
    if (!equal_but_for_case(folder + "/", name.substr(0, folder.size() + 1))) continue;
    for (const std::string& model : folders_in(fetched / folder))
      if (equal_but_for_case(folder + "/" + model, name)) return folder + "/" + model;
  }
  return "";
}

/// Says of what is no model's name nor directory what could be done about it: only a name can be fetched.
///
/// @param where  before the name, for the message: the variable that it is from, or ""
[[noreturn]] void refuse_model(const std::string& where, const std::string& name, const fs::path& fetched) {
  const std::string given = where + name;
  if (fs::exists(name))
    fail("{}: a file; expected a model directory, or the name of a model in {}", given, fetched.string());
  if (const std::string meant = in_other_case(name, fetched); !meant.empty())
    fail("{}: neither a model directory nor a model in {}; did you mean {}?", given, fetched.string(),
         in_quotes(meant));
  if (name.find('/') == std::string::npos)
    fail("{}: neither a model directory nor a model in {}; fetch it with scripts/fetch_model.sh {}", given,
         fetched.string(), name);
  fail(
      "{}: no such directory, nor a model of that name in {}; scripts/fetch_model.sh fetches those of the "
      "Hugging Face hub by OWNER/NAME{}",
      given, fetched.string(),
      fs::path(name).is_absolute() ? ""
                                   : "; the path of a model is relative to the working directory, in a "
                                     "configuration too");
}

/// The directory of a fetched model; empty when there is none. As for scripts/fetch_model.sh, a name without
/// owner is of sentence-transformers.
fs::path find_fetched(const std::string& name, const fs::path& fetched) {
  if (fs::is_directory(fetched / name)) return fetched / name;
  const std::string owner = "sentence-transformers/";
  const bool is_known_by_less = name.starts_with(owner) && name.size() > owner.size();
  if (is_known_by_less && fs::is_directory(fetched / name.substr(owner.size())))
    return fetched / name.substr(owner.size());
  return {};
}

}  // namespace

std::string Model::describe() const {
  const EncoderConfig& config = encoder.encoder.config();
  std::string text = fmt::format("{} {} × {}", config.architecture == Architecture::bert ? "BERT" : "RoBERTa",
                                 config.num_hidden_layers, config.hidden_size);
  std::string poolings;
  for (const Pooling kind : encoder.pooling) poolings += (poolings.empty() ? "" : " + ") + pooling_name(kind);
  text += " → " + poolings;
  for (const Dense& projection : encoder.dense)
    text += fmt::format(" → dense {}", projection.linear.weight.size(0));
  if (normalize) text += " → normalize";
  return text + fmt::format(", at most {} tokens", max_seq_length);
}

ModelTokenizer load_model_tokenizer(const fs::path& directory) {
  return read_tokenizer(directory, read_plan(directory));
}

Model load_model(const fs::path& directory) {
  auto [pipeline, config] = read_plan(directory);
  ModelTokenizer tokenizer = read_tokenizer(directory, {pipeline, config});
  const WeightFiles weights(pipeline.transformer_dir);
  weights.check(Encoder(config, at::kMeta).checkpoint_tensors());
  Model model{.directory = directory,
              .transformer_dir = pipeline.transformer_dir,
              .tokenizer = std::move(tokenizer.tokenizer),
              .encoder = {.encoder = Encoder(config),
                          .pooling = pipeline.pooling,
                          .dense = std::move(pipeline.dense)},
              .pooler = weights.pooler(),
              .include_prompt = pipeline.include_prompt,
              .normalize = pipeline.normalize,
              .max_seq_length = tokenizer.max_seq_length,
              .do_lower_case = tokenizer.do_lower_case,
              .prompts = std::move(tokenizer.prompts),
              .default_prompt = std::move(tokenizer.default_prompt),
              .notes = std::move(pipeline.notes)};
  model.notes.insert(model.notes.end(), tokenizer.notes.begin(), tokenizer.notes.end());
  check_projections(model.encoder, directory.string());
  weights.read_into(model.encoder.encoder.checkpoint_tensors());
  if (fs::exists(directory / "train_config.json"))
    model.train_config = read_json(directory / "train_config.json");
  if (model.train_config.is_object() && fs::exists(directory / "trained_before.json"))
    model.train_config["trained_before"] = read_json(directory / "trained_before.json");
  return model;
}

int64_t choose_max_seq_length(std::optional<int64_t> asked, int64_t max_seq_length, int64_t longest,
                              const std::string& where) {
  const int64_t length = asked.value_or(max_seq_length);
  if (length < 2 || length > longest)
    fail("{} {}: expected 2 to {}, the model's positions", where, length, longest);
  return length;
}

fs::path find_model(const std::string& path_or_name) {
  std::string name = path_or_name;
  if (const char* variable = std::getenv("ANGLE_MODEL"); name.empty() && variable) name = variable;
  const bool is_from_variable = path_or_name.empty() && !name.empty();
  if (name.empty()) name = "all-MiniLM-L6-v2";
  if (fs::is_directory(name)) return name;
  const fs::path fetched = cache_directory() / "models";
  if (fs::path directory = find_fetched(name, fetched); !directory.empty()) return directory;
  refuse_model(is_from_variable ? "ANGLE_MODEL=" : "", name, fetched);
}

void check_can_save(const Model& model) { check_can_save(model.encoder); }

bool is_model_file(std::string_view name) {
  const auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(kTokenizerFiles) || has(kModelFiles);
}

void remove_unfinished_model(const fs::path& directory) {
  remove_unfinished_in(directory, is_model_file);
  for (const fs::path& folder : module_folders(directory)) remove_unfinished_in(folder, is_model_file);
}

void save_model(Model& model, const fs::path& directory) {
  check_can_save(model);
  fs::create_directories(directory);
  if (!fs::equivalent(model.transformer_dir, directory))
    copy_tokenizer_files(model.transformer_dir, directory);
  write_config(model, directory);
  write_file(
      directory / "sentence_bert_config.json",
      json({{"max_seq_length", model.max_seq_length}, {"do_lower_case", model.do_lower_case}}).dump(2) +
          "\n");
  write_file(directory / "config_sentence_transformers.json",
             sentence_transformers_options(model).dump(2) + "\n");
  write_pipeline(directory, model);
  std::vector<NamedTensor> tensors = model.encoder.encoder.checkpoint_tensors();
  tensors.insert(tensors.end(), model.pooler.begin(), model.pooler.end());
  write_tensors(directory / "model.safetensors", tensors);
}

}  // namespace angle
