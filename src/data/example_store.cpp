#include "angle/data/example_store.h"

#include <algorithm>
#include <vector>

namespace angle {

int64_t ExampleStore::size() const {
  const Examples* const all = in_memory();
  return all ? num_examples(*all) : std::get<IndexedExamples>(examples_).size();
}

DataFormat ExampleStore::format() const {
  const Examples* const all = in_memory();
  return all ? format_of(*all) : std::get<IndexedExamples>(examples_).format();
}

std::optional<double> ExampleStore::lowest_label() const {
  const Examples* const all = in_memory();
  if (!all) return std::get<IndexedExamples>(examples_).lowest_label();
  const auto* pairs = std::get_if<std::vector<ScoredPair>>(all);
  if (!pairs || pairs->empty()) return std::nullopt;
  return std::ranges::min(*pairs, {}, &ScoredPair::label).label;
}

std::optional<double> ExampleStore::highest_label() const {
  const Examples* const all = in_memory();
  if (!all) return std::get<IndexedExamples>(examples_).highest_label();
  const auto* pairs = std::get_if<std::vector<ScoredPair>>(all);
  if (!pairs || pairs->empty()) return std::nullopt;
  return std::ranges::max(*pairs, {}, &ScoredPair::label).label;
}

Examples ExampleStore::read(std::span<const int64_t> rows) const {
  const Examples* const all = in_memory();
  if (!all) return std::get<IndexedExamples>(examples_).read(rows);
  return std::visit(
      [&](const auto& list) -> Examples {
        std::remove_cvref_t<decltype(list)> chosen;
        for (const int64_t row : rows) chosen.push_back(list[static_cast<size_t>(row)]);
        return chosen;
      },
      *all);
}

}  // namespace angle
