// What a language model said, taken apart: the sentences of a list, or scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

struct ParsedSentences {
  std::vector<std::string> sentences;
  int64_t rejected_lines = 0;  // neither empty nor an item: "Sure! Here are three sentences:"
};

/// The items of a list: lines that begin with `1.`, `2)`, `(3)`, `4:`, `-`, `*` or `•`. Markup around an item
/// (`**`, quotes) is taken off, white space in it becomes one blank. A reply of a single line needs no mark,
/// and may hold a whole numbered list; one that is a JSON list of texts has those. What ends with a colon,
/// stands in brackets or is `N/A` is no sentence. What stands in `<think>…</think>`, or before an end without
/// a beginning, is no part of the reply.
ParsedSentences parse_sentences(std::string_view reply);

/// Scores for `count` numbered sentences: lines such as `2. 4`, `2: 4.5` or `2) 4/5`, each a number from 0
/// to 5. A single sentence's score may stand alone. None where a line is missing, says something else or
/// contradicts another one.
std::vector<std::optional<double>> parse_scores(std::string_view reply, size_t count);

/// Whether a model declines instead of answering: "I'm sorry, I can't help with …", "As an AI …". A sentence
/// of one's own that begins so ("I can't provide for a family.") is taken for one, too.
bool is_refusal(std::string_view text);

}  // namespace angle
