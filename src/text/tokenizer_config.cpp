#include "text/tokenizer_config.h"

#include "text/json_field.h"

namespace angle {
namespace {

void remove_suffix(std::string& text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.resize(text.size() - suffix.size());
}

/// A token is given as a string or as an object with its `content`.
void read_token(const JsonField& field, std::string& token) {
  if (!field.is_null()) token = field.is_object() ? field["content"].string() : field.string();
}

void read_flag(const JsonField& field, std::optional<bool>& flag) {
  if (!field.is_null()) flag = field.boolean();
}

/// What config.json says the model is; "" without one.
std::string read_model_type(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "config.json";
  if (!std::filesystem::exists(file)) return "";
  const json content = read_json(file);
  return JsonField(content, file.string())["model_type"].string_or("");
}

void set_default_tokens(TokenizerConfig& config) {
  const bool like_roberta =
      config.model_class == "XLMRoberta" || config.model_class == "Roberta" || config.model_class == "MPNet";
  config.unk_token = like_roberta && config.model_class != "MPNet" ? "<unk>" : "[UNK]";
  config.cls_token = like_roberta ? "<s>" : "[CLS]";
  config.sep_token = like_roberta ? "</s>" : "[SEP]";
  config.pad_token = like_roberta ? "<pad>" : "[PAD]";
  config.mask_token = like_roberta ? "<mask>" : "[MASK]";
}

}  // namespace

TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory) {
  TokenizerConfig config{.path = directory / "tokenizer_config.json"};
  const bool given = std::filesystem::exists(config.path);
  const json content = given ? read_json(config.path) : json::object();
  const JsonField root(content, config.path.string());

  config.model_class = root["tokenizer_class"].string_or("");
  remove_suffix(config.model_class, "Fast");
  remove_suffix(config.model_class, "Tokenizer");
  if (config.model_class.empty() && read_model_type(directory) == "roberta") config.model_class = "Roberta";
  if (root["truncation_side"].string_or("right") != "right")
    root["truncation_side"].refuse("only \"right\" is supported, which cuts the end of a text off");
  read_flag(root["do_lower_case"], config.do_lower_case);
  read_flag(root["strip_accents"], config.strip_accents);
  read_flag(root["tokenize_chinese_chars"], config.tokenize_chinese_chars);
  read_flag(root["add_prefix_space"], config.add_prefix_space);
  set_default_tokens(config);
  read_token(root["unk_token"], config.unk_token);
  read_token(root["cls_token"], config.cls_token);
  read_token(root["sep_token"], config.sep_token);
  read_token(root["pad_token"], config.pad_token);
  read_token(root["mask_token"], config.mask_token);
  return config;
}

}  // namespace angle
