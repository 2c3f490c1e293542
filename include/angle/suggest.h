// "Did you mean …?": the name that a misspelt one was meant to be. Shared by the configuration and the
// command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// How many bytes to insert, delete or replace, or neighbours to swap (Levenshtein's distance with swaps, as
/// optimal string alignment counts them).
size_t edit_distance(std::string_view from, std::string_view to);

/// Whether two names differ at most in the case of their (ASCII) letters.
bool equal_but_for_case(std::string_view left, std::string_view right);

/// The candidate nearest to `name`, whatever the case of letters, the first of equals; one that is equal but
/// for case comes before all, then one that has the name before its `@` or behind a `_`. "" when none is
/// within half of its length.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// `; did you mean "nearest"?`, or "" when no candidate is near enough.
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace angle
