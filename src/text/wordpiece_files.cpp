#include "text/wordpiece_files.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"
#include "angle/text/utf8.h"

#include "text/tokenizer_config.h"
#include "text/tokenizer_json.h"
#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {
namespace fs = std::filesystem;
namespace {

std::string_view trimmed_end(std::string_view line) {
  while (!line.empty()) {
    const size_t last = character_before(line, line.size());
    size_t end = last;
    if (!is_white_space(decode_utf8(line, end))) break;
    line = line.substr(0, last);
  }
  return line;
}

void report_duplicates(const std::vector<std::string>& tokens, const fs::path& path,
                       std::vector<std::string>& warnings) {
  std::unordered_map<std::string_view, size_t> lines;
  size_t duplicates = 0;
  std::string example;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto [earlier, is_new] = lines.try_emplace(tokens[id], id);
    if (is_new || tokens[id].empty()) continue;
    if (duplicates++ == 0)
      example = fmt::format("{} in lines {} and {}", in_quotes(tokens[id]), earlier->second + 1, id + 1);
  }
  if (duplicates > 0)
    warnings.push_back(fmt::format("{}: {} duplicate token{} ({}); the last of each is used", path.string(),
                                   duplicates, duplicates == 1 ? "" : "s", example));
}

/// Says where the vocab.txt beside a tokenizer.json differs from it.
void compare_vocab_txt(const fs::path& path, const std::vector<std::string>& tokens,
                       std::vector<std::string>& warnings) {
  if (!fs::exists(path)) return;
  const std::vector<std::string> others = read_vocab_txt(path);
  const auto differs = [&](size_t id) {
    const std::string_view own = id < tokens.size() ? trimmed_end(tokens[id]) : std::string_view();
    return own != (id < others.size() ? std::string_view(others[id]) : std::string_view());
  };
  size_t different = 0;
  size_t first = 0;
  for (size_t id = std::max(tokens.size(), others.size()); id-- > 0;)
    if (differs(id)) ++different, first = id;
  if (different == 0) return;
  const auto spelling = [first](const std::vector<std::string>& list) {
    return first < list.size() ? in_quotes(list[first]) : std::string("nothing");
  };
  warnings.push_back(fmt::format(
      "{}: differs from tokenizer.json in {} of {} tokens (line {} has {}, tokenizer.json has {}); "
      "tokenizer.json is used",
      path.string(), different, tokens.size(), first + 1, spelling(others), spelling(tokens)));
}

void compare_lowercase(const TokenizerConfig& config, bool lowercase, std::vector<std::string>& warnings) {
  if (!config.do_lower_case || *config.do_lower_case == lowercase) return;
  warnings.push_back(
      fmt::format("{}: do_lower_case is {}, but tokenizer.json says {}; tokenizer.json is used",
                  config.path.string(), *config.do_lower_case, lowercase));
}

/// Hugging Face's BertTokenizer builds its normalizer from tokenizer_config.json, with defaults where that is
/// silent, whatever tokenizer.json says.
void follow_bert_tokenizer(const TokenizerConfig& config, BertNormalization& normalization,
                           std::vector<std::string>& warnings) {
  std::string changes;
  const auto set = [&changes](bool& flag, const char* name, bool value) {
    if (flag != value) changes += fmt::format("{}{} {}", changes.empty() ? "" : ", ", name, value);
    flag = value;
  };
  const bool lowercase = config.do_lower_case.value_or(true);
  set(normalization.lowercase, "do_lower_case", lowercase);
  set(normalization.strip_accents, "strip_accents", config.strip_accents.value_or(lowercase));
  set(normalization.handle_chinese_chars, "tokenize_chinese_chars",
      config.tokenize_chinese_chars.value_or(true));
  if (!changes.empty())
    warnings.push_back(
        fmt::format("{}: its BertTokenizer has {}, but tokenizer.json the opposite; tokenizer_config.json is "
                    "used, as by Hugging Face",
                    config.path.string(), changes));
}

BertNormalization read_normalization(const JsonField& normalizer) {
  const auto steps = read_steps(normalizer, "normalizers");
  if (steps.empty())
    return {.clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};
  const JsonField& step = steps.front();
  const std::string& type = step["type"].string();
  if (type != "BertNormalizer" || steps.size() > 1)
    normalizer.refuse(fmt::format("{} with {} steps is not supported for WordPiece (BertNormalizer alone is)",
                                  in_quotes(type), steps.size()));
  const bool lowercase = step["lowercase"].boolean_or(true);
  return {.clean_text = step["clean_text"].boolean_or(true),
          .handle_chinese_chars = step["handle_chinese_chars"].boolean_or(true),
          .strip_accents = step["strip_accents"].boolean_or(lowercase),
          .lowercase = lowercase};
}

void check_pre_tokenizer(const JsonField& pre_tokenizer) {
  const auto steps = read_steps(pre_tokenizer, "pretokenizers");
  if (steps.size() != 1 || steps.front()["type"].string() != "BertPreTokenizer")
    pre_tokenizer.refuse(fmt::format("{} is not supported for WordPiece (BertPreTokenizer is)",
                                     steps.empty() ? "none" : in_quotes(steps.front()["type"].string())));
}

int64_t read_max_chars(const JsonField& field) {
  constexpr int64_t kMost = 100'000;
  const int64_t value = field.integer_or(100);
  if (value < 1 || value > kMost) field.refuse(fmt::format("is {} (expected 1 to {})", value, kMost));
  return value;
}

/// The id of the last line with that token; -1 without one.
int64_t find_last_token(const std::vector<std::string>& tokens, const std::string& token) {
  const auto found = std::find(tokens.rbegin(), tokens.rend(), token);
  return found == tokens.rend() ? -1 : tokens.rend() - found - 1;
}

SpecialTokens special_tokens_of(const TokenizerConfig& config, const std::vector<std::string>& vocabulary,
                                const fs::path& path) {
  std::string missing;
  for (const std::string* token :
       {&config.unk_token, &config.cls_token, &config.sep_token, &config.pad_token})
    if (find_last_token(vocabulary, *token) < 0) missing += (missing.empty() ? "" : ", ") + *token;
  if (!missing.empty())
    fail(
        "{}: no {} among {} tokens; is it the vocabulary of this model (special tokens are named in "
        "tokenizer_config.json)?",
        path.string(), missing, vocabulary.size());

  SpecialTokens tokens;
  tokens.before = {find_last_token(vocabulary, config.cls_token)};
  tokens.after = {find_last_token(vocabulary, config.sep_token)};
  for (const std::string* token :
       {&config.unk_token, &config.cls_token, &config.sep_token, &config.pad_token, &config.mask_token})
    if (const int64_t id = find_last_token(vocabulary, *token); id >= 0)
      tokens.added.push_back({.content = *token, .id = id});
  return tokens;
}

}  // namespace

std::vector<std::string> read_vocab_txt(const fs::path& path) {
  const std::string content = read_file(path);
  std::string_view rest = content;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);

  std::vector<std::string> tokens;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (const auto offset = find_invalid_utf8(line))
      fail("{}:{}: not UTF-8 (byte {} of the line); the file is damaged", path.string(), tokens.size() + 1,
           *offset);
    tokens.emplace_back(trimmed_end(line));
  }
  if (std::all_of(tokens.begin(), tokens.end(), [](const std::string& token) { return token.empty(); }))
    fail("{}: no tokens in it (expected one a line); the file is empty", path.string());
  return tokens;
}

WordPieceOptions read_wordpiece_json(const JsonField& tokenizer, std::vector<std::string>& warnings) {
  const JsonField model = tokenizer["model"];
  WordPieceOptions options;
  options.vocabulary = read_vocabulary(model["vocab"]);
  options.unknown_token = model["unk_token"].string();
  options.continuing_subword_prefix = model["continuing_subword_prefix"].string_or("##");
  options.max_input_chars_per_word = read_max_chars(model["max_input_chars_per_word"]);
  options.normalization = read_normalization(tokenizer["normalizer"]);
  options.special_tokens = read_special_tokens(tokenizer, options.vocabulary, warnings);
  check_pre_tokenizer(tokenizer["pre_tokenizer"]);
  if (find_last_token(options.vocabulary, options.unknown_token) < 0)
    model["unk_token"].refuse(fmt::format("{} is not among the {} tokens of model.vocab",
                                          in_quotes(options.unknown_token), options.vocabulary.size()));

  const fs::path directory = fs::path(tokenizer.source()).parent_path();
  compare_vocab_txt(directory / "vocab.txt", options.vocabulary, warnings);
  const TokenizerConfig config = read_tokenizer_config(directory);
  if (config.model_class == "Bert")
    follow_bert_tokenizer(config, options.normalization, warnings);
  else
    compare_lowercase(config, options.normalization.lowercase, warnings);
  return options;
}

WordPieceOptions read_wordpiece_vocab(const fs::path& vocab_path, std::vector<std::string>& warnings) {
  const TokenizerConfig config = read_tokenizer_config(vocab_path.parent_path());
  constexpr std::array kClasses = {"", "Bert", "DistilBert", "MPNet", "Electra", "MobileBert"};
  if (std::find(kClasses.begin(), kClasses.end(), config.model_class) == kClasses.end())
    fail(
        "{}: tokenizer_class {}Tokenizer is not supported with a vocab.txt alone (BERT's and its like are); "
        "save the fast tokenizer, which writes tokenizer.json",
        config.path.string(), config.model_class);

  WordPieceOptions options;
  options.vocabulary = read_vocab_txt(vocab_path);
  report_duplicates(options.vocabulary, vocab_path, warnings);
  options.unknown_token = config.unk_token;
  const bool lowercase = config.do_lower_case.value_or(true);
  options.normalization = {.clean_text = true,
                           .handle_chinese_chars = config.tokenize_chinese_chars.value_or(true),
                           .strip_accents = config.strip_accents.value_or(lowercase),
                           .lowercase = lowercase};
  options.special_tokens = special_tokens_of(config, options.vocabulary, vocab_path);
  return options;
}

}  // namespace angle
