// Tokens that are not found by the tokenizer's model: those put around each text, and those spelt out in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace angle {

/// A token that is cut out of the text wherever its spelling occurs, before anything else happens to the text
/// (`[MASK]`, `<s>`). The switches are those of tokenizer.json.
struct AddedToken {
  std::string content;
  int64_t id = 0;
  bool single_word = false;  // not inside a word
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for after the text has been normalised, not in the raw text
};

/// All special tokens of a model.
struct SpecialTokens {
  std::vector<int64_t> before;  // ids before each text: [CLS]
  std::vector<int64_t> after;   // ids after each text: [SEP]
  std::vector<AddedToken> added;
};

}  // namespace angle
