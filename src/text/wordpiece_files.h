// WordPiece tokenizers from the files of a model directory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/text/wordpiece.h"

#include "text/json_field.h"

namespace angle {

/// From tokenizer.json, but the normalisation of a BertTokenizer from tokenizer_config.json, as Hugging Face
/// has it. Warnings tell where a vocab.txt or tokenizer_config.json beside it says otherwise.
WordPieceOptions read_wordpiece_json(const JsonField& tokenizer, std::vector<std::string>& warnings);

/// From vocab.txt and, where it is there, tokenizer_config.json. Of equal tokens the last counts, with a
/// warning.
WordPieceOptions read_wordpiece_vocab(const std::filesystem::path& vocab_path,
                                      std::vector<std::string>& warnings);

/// The tokens of a vocab.txt, one a line, by id, without white space behind them. Tolerates CR LF and a byte
/// order mark; Error for an empty file and for text that is not UTF-8.
std::vector<std::string> read_vocab_txt(const std::filesystem::path& path);

}  // namespace angle
