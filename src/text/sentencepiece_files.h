// Unigram tokenizers from the files of a model directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/text/sentencepiece.h"

#include "text/json_field.h"

namespace angle {

UnigramOptions read_unigram_json(const JsonField& tokenizer, std::vector<std::string>& warnings);

/// From sentencepiece.bpe.model with tokenizer_config.json; only XLM-R numbers its ids in a way known here.
UnigramOptions read_xlm_roberta_model(const std::filesystem::path& model_path);

}  // namespace angle
