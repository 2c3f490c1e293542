// The one interface of all tokenizers, and how a model directory's tokenizer is found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// A text as the model sees it.
struct Encoding {
  std::vector<int64_t> token_ids;  // special tokens included
  int64_t num_cut = 0;             // tokens that truncation removed, 0 for most texts
};

/// Turns texts into token ids. Immutable after construction, safe to use from several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// The ids of `text` between the model's special tokens, cut on the right so that no more than
  /// `max_length` ids remain, special tokens counted. Time is linear in the text; ids beyond
  /// `max_length` are counted, not stored.
  ///
  /// @param text        UTF-8 (see utf8.h; ill-formed bytes count as U+FFFD); an empty text gives the
  ///                    special tokens alone
  /// @param max_length  at least num_special_tokens(), else Error
  virtual Encoding encode(std::string_view text, int64_t max_length) const = 0;

  /// The vocabulary's spelling of an id; Error when there is no such id.
  virtual std::string_view token(int64_t id) const = 0;

  /// Largest id + 1.
  virtual int64_t vocab_size() const = 0;

  /// The id of what the vocabulary can't spell; -1 when it has none (a byte-level one can spell everything).
  virtual int64_t unknown_id() const = 0;

  /// Ids that encode() puts around each text: 2 for [CLS] … [SEP].
  virtual int64_t num_special_tokens() const = 0;
};

/// What load_tokenizer found. Warnings are complete sentences for the log.
struct LoadedTokenizer {
  std::unique_ptr<Tokenizer> tokenizer;
  std::vector<std::string> warnings;
};

/// The tokenizer of a model directory, chosen by its files: tokenizer.json when there is one (it is
/// authoritative, but for the few switches that Hugging Face's BertTokenizer and RobertaTokenizer take from
/// tokenizer_config.json; its model is WordPiece, Unigram or byte-level BPE), else vocab.txt (WordPiece),
/// vocab.json with merges.txt (byte-level BPE) or sentencepiece.bpe.model (XLM-R), each with
/// tokenizer_config.json.
///
/// Errors name the file and what is missing, damaged or not supported in it.
///
/// @param lowercase_first  texts are lower-cased before the normalisation that the files ask for, but for the
///                         added tokens, which are found in the raw text
LoadedTokenizer load_tokenizer(const std::filesystem::path& model_dir, bool lowercase_first = false);

}  // namespace angle
