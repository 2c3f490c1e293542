#include "text/byte_bpe_files.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"

#include "text/tokenizer_config.h"
#include "text/tokenizer_json.h"

namespace angle {
namespace fs = std::filesystem;
namespace {

using Merge = std::pair<std::string, std::string>;

/// "left right"; empty parts when it is not that.
Merge split_merge(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) return {};
  return {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

/// A merge is a pair; older files have it as one string.
Merge read_merge(const json& entry) {
  if (entry.is_string()) return split_merge(entry.get_ref<const std::string&>());
  if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string()) return {};
  return {entry[0].get<std::string>(), entry[1].get<std::string>()};
}

std::vector<Merge> read_merges(const JsonField& field) {
  std::vector<Merge> merges;
  merges.reserve(field.array().size());
  for (const json& entry : field.array()) {
    merges.push_back(read_merge(entry));
    if (merges.back().first.empty() || merges.back().second.empty())
      field.refuse(fmt::format("element {} is not a pair of tokens; the file is damaged", merges.size() - 1));
  }
  return merges;
}

std::vector<Merge> read_merges_txt(const fs::path& path) {
  const std::string content = read_file(path);
  std::vector<Merge> merges;
  int64_t number = 0;
  for (std::string_view rest = content; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    merges.push_back(split_merge(line));
    if (merges.back().first.empty() || merges.back().second.empty())
      fail("{}:{}: expected two tokens with a space between them, found {}; the file is damaged",
           path.string(), number, in_quotes(line));
  }
  return merges;
}

int64_t find_token(const std::vector<std::string>& vocabulary, const std::string& token) {
  const auto found = std::find(vocabulary.begin(), vocabulary.end(), token);
  return found == vocabulary.end() ? -1 : found - vocabulary.begin();
}

void check_plain(const JsonField& model) {
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model[affix].string_or("").empty())
      model[affix].refuse("is not supported for byte-level BPE (expected none)");
  if (!model["dropout"].is_null() && model["dropout"].number() != 0.0)
    model["dropout"].refuse("is not supported (expected none)");
}

void read_byte_level(const JsonField& pre_tokenizer, ByteBpeOptions& options) {
  const auto steps = read_steps(pre_tokenizer, "pretokenizers");
  if (steps.size() != 1 || steps.front()["type"].string() != "ByteLevel")
    pre_tokenizer.refuse("is not supported for BPE (ByteLevel alone is)");
  options.add_prefix_space = steps.front()["add_prefix_space"].boolean_or(true);
  options.split_words = steps.front()["use_regex"].boolean_or(true);
}

/// Hugging Face's RobertaTokenizer takes add_prefix_space from tokenizer_config.json, false where that is
/// silent, whatever tokenizer.json says.
void follow_roberta_tokenizer(const TokenizerConfig& config, bool& add_prefix_space,
                              std::vector<std::string>& warnings) {
  const bool value = config.add_prefix_space.value_or(false);
  if (add_prefix_space != value)
    warnings.push_back(
        fmt::format("{}: its RobertaTokenizer has add_prefix_space {}, but tokenizer.json the opposite; "
                    "tokenizer_config.json is used, as by Hugging Face",
                    config.path.string(), value));
  add_prefix_space = value;
}

bool read_nfc(const JsonField& normalizer) {
  const auto steps = read_steps(normalizer, "normalizers");
  for (const JsonField& step : steps)
    if (step["type"].string() != "NFC")
      step.refuse(fmt::format("{} is not supported for BPE (NFC is)", in_quotes(step["type"].string())));
  return !steps.empty();
}

/// The unknown token of the model, else the added token of that name.
int64_t find_unknown(const JsonField& model, const ByteBpeOptions& options) {
  if (!model["unk_token"].is_null()) return find_token(options.vocabulary, model["unk_token"].string());
  for (const AddedToken& token : options.special_tokens.added)
    if (token.content == "<unk>" || token.content == "[UNK]") return token.id;
  return -1;
}

}  // namespace

ByteBpeOptions read_byte_bpe_json(const JsonField& tokenizer, std::vector<std::string>& warnings) {
  const JsonField model = tokenizer["model"];
  check_plain(model);
  ByteBpeOptions options;
  options.vocabulary = read_vocabulary(model["vocab"]);
  options.merges = read_merges(model["merges"]);
  options.nfc = read_nfc(tokenizer["normalizer"]);
  options.ignore_merges = model["ignore_merges"].boolean_or(false);
  read_byte_level(tokenizer["pre_tokenizer"], options);
  const TokenizerConfig config = read_tokenizer_config(fs::path(tokenizer.source()).parent_path());
  if (config.model_class == "Roberta") follow_roberta_tokenizer(config, options.add_prefix_space, warnings);
  options.special_tokens = read_special_tokens(tokenizer, options.vocabulary, warnings);
  options.unknown_id = find_unknown(model, options);
  return options;
}

ByteBpeOptions read_byte_bpe_vocab(const fs::path& vocab_path) {
  const fs::path directory = vocab_path.parent_path();
  const TokenizerConfig config = read_tokenizer_config(directory);
  if (config.model_class != "Roberta")
    fail(
        "{}: {} is not supported with vocab.json and merges.txt alone (RobertaTokenizer is); save the fast "
        "tokenizer, which writes tokenizer.json",
        config.path.string(),
        config.model_class.empty() ? "a model without tokenizer_class"
                                   : fmt::format("tokenizer_class {}Tokenizer", config.model_class));

  ByteBpeOptions options;
  options.vocabulary = read_vocabulary(JsonField(read_json(vocab_path), vocab_path.string()));
  options.merges = read_merges_txt(directory / "merges.txt");
  options.add_prefix_space = config.add_prefix_space.value_or(false);
  const auto find = [&](const std::string& token) {
    const int64_t id = find_token(options.vocabulary, token);
    if (id < 0)
      fail("{}: no {} among {} tokens; is it the vocabulary of this model?", vocab_path.string(), token,
           options.vocabulary.size());
    return id;
  };
  options.unknown_id = find(config.unk_token);
  options.special_tokens.before = {find(config.cls_token)};
  options.special_tokens.after = {find(config.sep_token)};
  for (const std::string* token :
       {&config.cls_token, &config.pad_token, &config.sep_token, &config.unk_token})
    options.special_tokens.added.push_back({.content = *token, .id = find(*token)});
  options.special_tokens.added.push_back(
      {.content = config.mask_token, .id = find(config.mask_token), .lstrip = true});
  return options;
}

}  // namespace angle
