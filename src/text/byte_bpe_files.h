// Byte-level BPE tokenizers from the files of a model directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/text/byte_bpe.h"

#include "text/json_field.h"

namespace angle {

/// From tokenizer.json, but add_prefix_space of a RobertaTokenizer from tokenizer_config.json, as Hugging
/// Face has it, with a warning where they differ.
ByteBpeOptions read_byte_bpe_json(const JsonField& tokenizer, std::vector<std::string>& warnings);

/// From vocab.json with merges.txt and tokenizer_config.json, as RoBERTa has them.
ByteBpeOptions read_byte_bpe_vocab(const std::filesystem::path& vocab_path);

}  // namespace angle
