// The rows of a file that can't be used: all are counted, the first are shown, what is wrong with the columns
// of many rows once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/example_reader.h"

namespace angle {

/// How many problems of a file are shown.
inline constexpr size_t kMostProblemsShown = 20;

/// Error that tells of so many rows that can't be used.
///
/// @param shown      of them, `path:line: what is wrong`; at least one
/// @param not_shown  rows that are in none of these
[[noreturn]] void refuse_rows(const std::string& path, int64_t count, const std::vector<std::string>& shown,
                              int64_t not_shown);

class RowProblems {
 public:
  /// The row that the reader has come to, which has a problem.
  void add(const ExampleReader& reader);

  /// Error that tells all of them; nothing when there are none.
  void raise(const std::string& path) const;

  int64_t count() const { return count_; }

  /// `path:line: what is wrong` of the first.
  std::vector<std::string> shown() const;

  /// How many rows are not in shown().
  int64_t not_shown() const { return not_shown_; }

 private:
  struct Problem {
    std::string text;
    int64_t more_rows = 0;  // that have the same
  };

  int64_t count_ = 0, not_shown_ = 0;
  std::vector<Problem> shown_;
  std::map<std::string, size_t> of_columns_;  // where they are in shown_
};

}  // namespace angle
