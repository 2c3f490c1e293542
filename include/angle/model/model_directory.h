// Model directories as sentence-transformers and Hugging Face lay them out: read in every layout, written in
// the legacy one, which loads everywhere.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/model/sentence_encoder.h"
#include "angle/text/tokenizer.h"

namespace angle {

/// A model directory in memory.
struct Model {
  std::filesystem::path directory;        // where it was read from
  std::filesystem::path transformer_dir;  // the directory of config.json, weights and tokenizer
  std::unique_ptr<Tokenizer> tokenizer;
  SentenceEncoder encoder;
  std::vector<NamedTensor> pooler;             // in the checkpoint, used by nothing, written back
  bool include_prompt = true;                  // a prompt's tokens take part in pooling
  bool normalize = false;                      // a Normalize module ends the pipeline
  int64_t max_seq_length = 0;                  // tokens, special tokens included
  bool do_lower_case = false;                  // texts are lower-cased before the tokenizer's normalisation
  std::map<std::string, std::string> prompts;  // by name
  std::string default_prompt;                  // put before every text unless told otherwise
  nlohmann::json train_config;  // train_config.json, null when there is none; with trained_before.json, the
                                // training data of the models that it was made of, as "trained_before"
  std::vector<std::string> notes;  // what was assumed or is odd, for the log

  /// `BERT 6 × 384 → mean → normalize, at most 256 tokens`
  std::string describe() const;
};

/// Reads a model directory: sentence-transformers' legacy layout, that of version 5.4 on, or a bare Hugging
/// Face directory (mean pooling, not normalised, unless angle_config.json says otherwise). Weights become
/// float32.
///
/// Error for whatever is missing, damaged or not supported, naming the file.
Model load_model(const std::filesystem::path& directory);

/// The part of a model directory that texts meet first.
struct ModelTokenizer {
  std::unique_ptr<Tokenizer> tokenizer;
  int64_t max_seq_length = 0;                  // tokens, special tokens included
  int64_t longest = 0;                         // that many the position table holds
  bool do_lower_case = false;                  // as in Model
  std::map<std::string, std::string> prompts;  // by name
  std::string default_prompt;                  // put before every text unless told otherwise
  std::vector<std::string> notes;              // what is odd, for the log
};

/// load_model() without the encoder: reads small files only.
ModelTokenizer load_model_tokenizer(const std::filesystem::path& directory);

/// How many tokens of a text are read: what was asked for, else what the model says. Error for more than its
/// positions, and for fewer than 2.
///
/// @param longest  its positions
/// @param where    it is asked for, for the message
int64_t choose_max_seq_length(std::optional<int64_t> asked, int64_t max_seq_length, int64_t longest,
                              const std::string& where = "--max-seq-length");

/// The directory that `--model` means: a path, or a name in the cache ($ANGLE_CACHE_DIR/models, filled by
/// scripts/fetch_model.sh), with or without `sentence-transformers/` before it. An empty name is
/// $ANGLE_MODEL, else all-MiniLM-L6-v2.
std::filesystem::path find_model(const std::string& path_or_name);

/// Error when a pipeline cannot be written: pooling that sentence-transformers does not have, or does not
/// concatenate in that order, is not approximated.
void check_can_save(const Model& model);

/// Removes what a killed save_model() left unfinished in a directory, and nothing else.
void remove_unfinished_model(const std::filesystem::path& directory);

/// Writes a complete directory that sentence-transformers, Hugging Face and angle_emb load. Tokenizer files
/// are copied byte for byte from the directory the model came from. Every file is replaced atomically.
void save_model(Model& model, const std::filesystem::path& directory);

}  // namespace angle
