// The words of a text, as baselines count them: runs of letters and digits of any alphabet, with the marks
// that follow them, lower-cased.
#pragma once

#include <map>
#include <string>

namespace angle {

/// How often each word of a text occurs in it.
using WordCounts = std::map<std::string, double>;

WordCounts word_counts(const std::string& text);

}  // namespace angle
