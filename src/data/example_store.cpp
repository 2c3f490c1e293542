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

std::optional<LabelRange> ExampleStore::label_range() const {
  const Examples* const all = in_memory();
  if (!all) return std::get<IndexedExamples>(examples_).label_range();
  const auto* pairs = std::get_if<std::vector<ScoredPair>>(all);
  if (!pairs || pairs->empty()) return std::nullopt;
  const auto [lowest, highest] =
      std::minmax_element(pairs->begin(), pairs->end(),
                          [](const ScoredPair& a, const ScoredPair& b) { return a.label < b.label; });
  return LabelRange{lowest->label, highest->label};
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
