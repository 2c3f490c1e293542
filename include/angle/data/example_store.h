// The examples of a data set, in memory or in their file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "angle/data/examples.h"
#include "angle/data/indexed_examples.h"

namespace angle {

/// Whoever trains on it cannot tell where the examples are.
class ExampleStore {
 public:
  ExampleStore() = default;
  ExampleStore(Examples examples) : examples_(std::move(examples)) {}         // NOLINT: a store is examples
  ExampleStore(IndexedExamples examples) : examples_(std::move(examples)) {}  // NOLINT

  int64_t size() const;  // rows
  DataFormat format() const;
  std::optional<LabelRange> label_range() const;  // of scored pairs

  /// All of them, if they are in memory; else null.
  const Examples* in_memory() const { return std::get_if<Examples>(&examples_); }

  /// The examples of some rows, in the order given.
  Examples read(std::span<const int64_t> rows) const;

 private:
  std::variant<Examples, IndexedExamples> examples_;
};

inline int64_t num_examples(const ExampleStore& store) { return store.size(); }
inline DataFormat format_of(const ExampleStore& store) { return store.format(); }

}  // namespace angle
