#include "text/sentencepiece_files.h"

#include <cmath>

#include "angle/error.h"
#include "angle/excerpt.h"

#include "text/charsmap.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_json.h"

namespace angle {
namespace {

std::vector<ScoredPiece> read_pieces(const JsonField& vocab) {
  std::vector<ScoredPiece> pieces;
  pieces.reserve(vocab.array().size());
  for (const json& entry : vocab.array()) {
    const bool valid = entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
    if (!valid || !std::isfinite(entry[1].get<double>()))
      vocab.refuse(fmt::format(
          "element {} is not a piece with its score (expected [\"…\", -1.5]); the file is damaged",
          pieces.size()));
    pieces.push_back({entry[0].get<std::string>(), entry[1].get<double>()});
  }
  if (pieces.empty()) vocab.refuse("is empty");
  return pieces;
}

void read_charsmap(const JsonField& step, UnigramOptions& options) {
  const JsonField field = step["precompiled_charsmap"];
  if (field.is_null()) return;
  auto bytes = decode_base64(field.string());
  if (!bytes) field.refuse("is not base64; the file is damaged");
  options.precompiled_charsmap = std::move(*bytes);
}

/// A Replace step is known in one form only: runs of spaces become one.
bool collapses_spaces(const JsonField& step) {
  const JsonField pattern = step["pattern"]["Regex"];
  const std::string& content = step["content"].string();
  return !pattern.is_null() && pattern.string() == " {2,}" && (content == " " || content == "\xE2\x96\x81");
}

void read_normalizer(const JsonField& normalizer, UnigramOptions& options) {
  for (const JsonField& step : read_steps(normalizer, "normalizers")) {
    const std::string& type = step["type"].string();
    if (type == "Precompiled") {
      read_charsmap(step, options);
    } else if (type == "Strip") {
      options.strip_left = step["strip_left"].boolean_or(true);
      options.strip_right = step["strip_right"].boolean_or(true);
    } else if (type == "Replace" && collapses_spaces(step)) {
      options.collapse_spaces = true;
    } else {
      step.refuse(
          fmt::format("{} as it is here is not supported for Unigram (Precompiled, Strip and a Replace of "
                      "runs of spaces are)",
                      in_quotes(type)));
    }
  }
}

bool read_mark_first_word(const JsonField& metaspace) {
  const JsonField scheme = metaspace["prepend_scheme"];
  if (scheme.is_null()) return metaspace["add_prefix_space"].boolean_or(true);  // older files have a switch
  if (scheme.string() != "always" && scheme.string() != "never")
    scheme.refuse(fmt::format("{} is not supported (always and never are)", in_quotes(scheme.string())));
  return scheme.string() == "always";
}

void read_pre_tokenizer(const JsonField& pre_tokenizer, UnigramOptions& options) {
  const auto steps = read_steps(pre_tokenizer, "pretokenizers");
  options.split_at_white_space = steps.size() == 2 && steps.front()["type"].string() == "WhitespaceSplit";
  const bool known = steps.size() == (options.split_at_white_space ? 2 : 1) &&
                     steps.back()["type"].string() == "Metaspace" && steps.back()["split"].boolean_or(true) &&
                     steps.back()["replacement"].string() == "\xE2\x96\x81";
  if (!known)
    pre_tokenizer.refuse(
        "is not supported for Unigram (WhitespaceSplit and Metaspace with U+2581, or Metaspace alone, are)");
  options.mark_first_word = read_mark_first_word(steps.back());
}

}  // namespace

UnigramOptions read_unigram_json(const JsonField& tokenizer, std::vector<std::string>& warnings) {
  const JsonField model = tokenizer["model"];
  UnigramOptions options;
  options.pieces = read_pieces(model["vocab"]);
  options.unknown_id = model["unk_id"].integer();
  if (options.unknown_id < 0 || static_cast<size_t>(options.unknown_id) >= options.pieces.size())
    model["unk_id"].refuse(
        fmt::format("{} is not among the {} pieces", options.unknown_id, options.pieces.size()));
  if (model["byte_fallback"].boolean_or(false)) model["byte_fallback"].refuse("true is not supported");
  read_normalizer(tokenizer["normalizer"], options);
  read_pre_tokenizer(tokenizer["pre_tokenizer"], options);

  std::vector<std::string> vocabulary;
  for (const ScoredPiece& piece : options.pieces) vocabulary.push_back(piece.piece);
  options.special_tokens = read_special_tokens(tokenizer, vocabulary, warnings);
  return options;
}

UnigramOptions read_xlm_roberta_model(const std::filesystem::path& model_path) {
  const TokenizerConfig config = read_tokenizer_config(model_path.parent_path());
  if (!config.model_class.empty() && config.model_class != "XLMRoberta")
    fail(
        "{}: tokenizer_class {}Tokenizer is not supported with a SentencePiece model alone "
        "(XLMRobertaTokenizer is); save the fast tokenizer, which writes tokenizer.json",
        config.path.string(), config.model_class);
  const SentencePieceModel model = read_sentencepiece_model(model_path);
  if (model.pieces.size() < 4 || model.pieces[0].piece != "<unk>" || model.pieces[1].piece != "<s>" ||
      model.pieces[2].piece != "</s>")
    fail("{}: does not begin with <unk> <s> </s> and pieces, so it is not a model of XLM-R",
         model_path.string());
  return xlm_roberta_options(model);
}

}  // namespace angle
