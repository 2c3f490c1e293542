#include "angle/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace angle {

size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() +
                          1);  // distances of the part of `from` read so far to every prefix of `to`
  std::iota(row.begin(), row.end(), size_t{0});
  for (const char c : from) {
    size_t diagonal = std::exchange(row[0], row[0] + 1);
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t best = std::min({row[j] + 1, row[j + 1] + 1, diagonal + (c != to[j] ? 1 : 0)});
      diagonal = std::exchange(row[j + 1], best);
    }
  }
  return row.back();
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t best = 1 + name.size() / 2;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
}

}  // namespace angle
