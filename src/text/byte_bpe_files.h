// Byte-level BPE tokenizers from the files of a model directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/text/byte_bpe.h"

#include "text/json_field.h"

namespace angle {

ByteBpeOptions read_byte_bpe_json(const JsonField& tokenizer, std::vector<std::string>& warnings);

/// From vocab.json with merges.txt and tokenizer_config.json, as RoBERTa has them.
ByteBpeOptions read_byte_bpe_vocab(const std::filesystem::path& vocab_path);

}  // namespace angle
