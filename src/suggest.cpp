#include "angle/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "angle/excerpt.h"

namespace angle {
namespace {

char small_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string in_small_letters(std::string_view name) {
  std::string small(name);
  std::transform(small.begin(), small.end(), small.begin(), small_letter);
  return small;
}

/// `spearman` is meant as `cosine_spearman`, and `ndcg` as `ndcg@10`, which have more letters than others.
bool is_part_of(const std::string& name, const std::string& candidate) {
  return (name.size() >= 4 && candidate.ends_with("_" + name)) || candidate.starts_with(name + "@");
}

}  // namespace

size_t edit_distance(std::string_view from, std::string_view to) {
  // Distances of the part of `from` read so far to every prefix of `to`, and those of one and two bytes ago.
  std::vector<size_t> row(to.size() + 1), before, twice_before;
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    twice_before = std::exchange(before, row);
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      row[j + 1] = std::min({row[j] + 1, before[j + 1] + 1, before[j] + (from[i] != to[j] ? 1 : 0)});
      if (i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j])
        row[j + 1] = std::min(row[j + 1], twice_before[j - 1] + 1);
    }
  }
  return row.back();
}

bool equal_but_for_case(std::string_view left, std::string_view right) {
  return in_small_letters(left) == in_small_letters(right);
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates)
    if (equal_but_for_case(name, candidate)) return candidate;
  const std::string small = in_small_letters(name);
  for (const std::string& candidate : candidates)
    if (is_part_of(small, candidate)) return candidate;
  std::string nearest;
  size_t best = 1 + name.size() / 2;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(small, in_small_letters(candidate));
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : "; did you mean " + in_quotes(nearest) + "?";
}

}  // namespace angle
