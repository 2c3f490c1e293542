// Texts as words, for comparing and counting: what the filters and the report of `angle annotate` go by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace angle {

/// The text without case and punctuation: its runs of letters and digits in lower case, one blank between
/// them. Two texts with the same plain words count as the same sentence.
std::string plain_words(std::string_view text);

/// Words between white space, as the paper's length rule counts them.
int64_t count_words(std::string_view text);

/// Jaccard overlap of two texts' plain words, in [0, 1]: shared words by all words, each counted once. 0 for
/// two texts without words.
double word_overlap(std::string_view left, std::string_view right);

}  // namespace angle
