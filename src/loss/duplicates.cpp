#include "angle/loss/duplicates.h"

#include <algorithm>
#include <unordered_set>

#include <ATen/ATen.h>

namespace angle {

std::vector<int64_t> pairs_to_keep(std::span<const std::vector<int64_t>> texts) {
  std::unordered_set<int64_t> seen;
  std::vector<int64_t> kept;
  for (size_t pair = 0; pair < texts.size(); ++pair) {
    const auto& identities = texts[pair];
    if (std::ranges::any_of(identities, [&](int64_t identity) { return seen.contains(identity); })) continue;
    seen.insert(identities.begin(), identities.end());
    kept.push_back(static_cast<int64_t>(pair));
  }
  return kept;
}

Tensor count_duplicates(const Tensor& identities) {
  const Tensor sorted = std::get<0>(identities.sort());
  return (sorted.slice(0, 1) == sorted.slice(0, 0, -1)).sum();
}

}  // namespace angle
