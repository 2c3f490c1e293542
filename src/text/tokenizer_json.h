// The parts of tokenizer.json that all models share.
//
// The blocks `truncation` and `padding` are not read: how long texts may be is the caller's business, and
// batches are packed, never padded. `decoder` is of no use here.
#pragma once

#include <string>
#include <vector>

#include "angle/text/special_tokens.h"

#include "text/json_field.h"

namespace angle {

/// A vocabulary given as an object, token → id, as a list by id. Error for ids that are not integers,
/// doubled, or so large that the file is damaged.
std::vector<std::string> read_vocabulary(const JsonField& vocabulary);

/// `added_tokens` and `post_processor`. The ids are checked against the vocabulary.
///
/// @param vocabulary  of the model, by id
/// @param warnings    gets a sentence when texts will have no special tokens around them
SpecialTokens read_special_tokens(const JsonField& tokenizer, const std::vector<std::string>& vocabulary,
                                  std::vector<std::string>& warnings);

/// The steps of a normalizer or pre-tokenizer: those of a Sequence, the thing itself, or none for null.
///
/// @param members  the name of the Sequence's array: "normalizers" or "pretokenizers"
std::vector<JsonField> read_steps(const JsonField& field, std::string_view members);

/// `model.type`, or what old files without it must have meant.
std::string read_model_type(const JsonField& tokenizer);

}  // namespace angle
