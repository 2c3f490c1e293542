#include "angle/text/tokenizer.h"

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/json.h"
#include "angle/text/byte_bpe.h"
#include "angle/text/sentencepiece.h"
#include "angle/text/wordpiece.h"

#include "text/byte_bpe_files.h"
#include "text/sentencepiece_files.h"
#include "text/tokenizer_json.h"
#include "text/wordpiece_files.h"

namespace angle {
namespace fs = std::filesystem;
namespace {

/// The options that a model's files ask for, but with lower-casing before everything else or without.
template <typename Options>
Options with_lowercase_first(Options options, bool lowercase_first) {
  options.lowercase_first = lowercase_first;
  return options;
}

/// Texts are cut at their end; a model that was made with the other one would get other vectors.
void check_truncation(const JsonField& tokenizer) {
  const JsonField truncation = tokenizer["truncation"];
  if (!truncation.is_null() && truncation["direction"].string_or("Right") != "Right")
    truncation["direction"].refuse("only \"Right\" is supported, which cuts the end of a text off");
}

LoadedTokenizer load_tokenizer_json(const fs::path& path, bool lowercase_first) {
  const json content = read_json(path);
  const JsonField root(content, path.string());
  check_truncation(root);
  const std::string type = read_model_type(root);
  LoadedTokenizer loaded;
  if (type == "WordPiece")
    loaded.tokenizer =
        make_wordpiece(with_lowercase_first(read_wordpiece_json(root, loaded.warnings), lowercase_first));
  else if (type == "Unigram")
    loaded.tokenizer =
        make_unigram(with_lowercase_first(read_unigram_json(root, loaded.warnings), lowercase_first));
  else if (type == "BPE")
    loaded.tokenizer =
        make_byte_bpe(with_lowercase_first(read_byte_bpe_json(root, loaded.warnings), lowercase_first));
  else
    root["model"]["type"].refuse(
        fmt::format("{} is not supported (WordPiece, Unigram and byte-level BPE are)", in_quotes(type)));
  return loaded;
}

}  // namespace

LoadedTokenizer load_tokenizer(const fs::path& model_dir, bool lowercase_first) {
  if (!fs::is_directory(model_dir))
    fail("{}: no such directory; give the directory of a model", model_dir.string());
  if (fs::exists(model_dir / "tokenizer.json"))
    return load_tokenizer_json(model_dir / "tokenizer.json", lowercase_first);

  LoadedTokenizer loaded;
  if (fs::exists(model_dir / "vocab.txt"))
    loaded.tokenizer = make_wordpiece(with_lowercase_first(
        read_wordpiece_vocab(model_dir / "vocab.txt", loaded.warnings), lowercase_first));
  else if (fs::exists(model_dir / "vocab.json"))
    loaded.tokenizer =
        make_byte_bpe(with_lowercase_first(read_byte_bpe_vocab(model_dir / "vocab.json"), lowercase_first));
  else if (fs::exists(model_dir / "sentencepiece.bpe.model"))
    loaded.tokenizer = make_unigram(
        with_lowercase_first(read_xlm_roberta_model(model_dir / "sentencepiece.bpe.model"), lowercase_first));
  else
    fail(
        "{}: no tokenizer in it (looked for tokenizer.json, vocab.txt, vocab.json, sentencepiece.bpe.model); "
        "copy these files from the model",
        model_dir.string());
  return loaded;
}

}  // namespace angle
