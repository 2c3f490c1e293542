// The rows of a file that can't be used: all are counted, the first are shown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace angle {

class RowProblems {
 public:
  /// @param location  `path:line`
  void add(const std::string& location, const std::string& what);

  /// Error that tells all of them; nothing when there are none.
  void raise(const std::string& path) const;

  int64_t count() const { return count_; }

  /// `path:line: what is wrong` of the first 20.
  const std::vector<std::string>& shown() const { return shown_; }

 private:
  int64_t count_ = 0;
  std::vector<std::string> shown_;
};

}  // namespace angle
