// Counts texts and pairs that come again, in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "angle/data/data_report.h"

#include "data/sampled_table.h"

namespace angle {

class RepetitionCounter {
 public:
  explicit RepetitionCounter(size_t most_texts) : texts_(most_texts), pairs_(most_texts) {}

  /// @param texts  of one row: left and right, or query, positive and negatives
  /// @param label  of a scored pair; else the same for all rows
  void add(const std::vector<const std::string*>& texts, double label, int64_t line);

  RepetitionReport report(int64_t batch_size) const;

 private:
  struct TextCounts {
    int64_t rows = 0;  // that have the text
    int32_t as_left = 0, as_right = 0;
  };
  struct PairCounts {
    int64_t rows = 0;
    double lowest = 0, highest = 0;  // label
  };

  void add_pair(uint64_t left, uint64_t right, double label, int64_t line);

  SampledTable<TextCounts> texts_;
  SampledTable<PairCounts> pairs_;
  int64_t rows_ = 0;
  std::vector<int64_t> conflicts_at_;
};

}  // namespace angle
