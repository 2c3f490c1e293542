// The rows of a file that can't be used: all are counted, the first are shown, what is wrong with the columns
// of many rows once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "angle/error.h"

#include "data/example_reader.h"

namespace angle {

class RowProblems {
 public:
  /// The row that the reader has come to, which has a problem.
  void add(const ExampleReader& reader);

  /// @param problem  of a row, `path:line: what is wrong`
  void add(std::string problem);

  /// Does what reads a row; an Error that it throws is the row's problem.
  template <class Read>
  void collect(const Read& read) {
    try {
      read();
    } catch (const Error& error) {
      add(std::string(error.what()));
    }
  }

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
