#include "angle/text/tokenizer.h"

#include "angle/error.h"
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

LoadedTokenizer load_tokenizer_json(const fs::path& path) {
  const json content = read_json(path);
  const JsonField root(content, path.string());
  const std::string type = read_model_type(root);
  LoadedTokenizer loaded;
  if (type == "WordPiece")
    loaded.tokenizer = make_wordpiece(read_wordpiece_json(root, loaded.warnings));
  else if (type == "Unigram")
    loaded.tokenizer = make_unigram(read_unigram_json(root, loaded.warnings));
  else if (type == "BPE")
    loaded.tokenizer = make_byte_bpe(read_byte_bpe_json(root, loaded.warnings));
  else
    root["model"]["type"].refuse(
        fmt::format("\"{}\" is not supported (WordPiece, Unigram and byte-level BPE are)", type));
  return loaded;
}

}  // namespace

LoadedTokenizer load_tokenizer(const fs::path& model_dir) {
  if (!fs::is_directory(model_dir))
    fail("{}: no such directory; give the directory of a model", model_dir.string());
  if (fs::exists(model_dir / "tokenizer.json")) return load_tokenizer_json(model_dir / "tokenizer.json");

  LoadedTokenizer loaded;
  if (fs::exists(model_dir / "vocab.txt"))
    loaded.tokenizer = make_wordpiece(read_wordpiece_vocab(model_dir / "vocab.txt", loaded.warnings));
  else if (fs::exists(model_dir / "vocab.json"))
    loaded.tokenizer = make_byte_bpe(read_byte_bpe_vocab(model_dir / "vocab.json"));
  else if (fs::exists(model_dir / "sentencepiece.bpe.model"))
    loaded.tokenizer = make_unigram(read_xlm_roberta_model(model_dir / "sentencepiece.bpe.model"));
  else
    fail(
        "{}: no tokenizer in it (looked for tokenizer.json, vocab.txt, vocab.json, sentencepiece.bpe.model); "
        "copy these files "
        "from the model",
        model_dir.string());
  return loaded;
}

}  // namespace angle
