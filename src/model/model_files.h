// The names of the files that a model directory is made of, in the layouts of Hugging Face and
// sentence-transformers.
#pragma once

#include <array>
#include <string_view>

namespace angle {

constexpr std::array<std::string_view, 9> kTokenizerFiles = {"tokenizer.json",
                                                             "tokenizer_config.json",
                                                             "special_tokens_map.json",
                                                             "added_tokens.json",
                                                             "vocab.txt",
                                                             "vocab.json",
                                                             "merges.txt",
                                                             "sentencepiece.bpe.model",
                                                             "spiece.model"};

/// What else save_model() writes beside the folders of modules.
constexpr std::array<std::string_view, 6> kModelFiles = {
    "config.json",       "sentence_bert_config.json", "modules.json", "config_sentence_transformers.json",
    "angle_config.json", "model.safetensors"};

/// Whether a file of that name is one of them.
bool is_model_file(std::string_view name);

}  // namespace angle
