#include "data/row_problems.h"

#include "angle/error.h"

namespace angle {

void RowProblems::add(const std::string& location, const std::string& what) {
  constexpr size_t kMostShown = 20;
  ++count_;
  if (shown_.size() < kMostShown) shown_.push_back(location + ": " + what);
}

void RowProblems::raise(const std::string& path) const {
  if (count_ == 0) return;
  if (count_ == 1) fail("{}", shown_[0]);
  const int64_t more = count_ - static_cast<int64_t>(shown_.size());
  fail("{}: {} rows can't be used; the first:\n  {}{}", path, count_, fmt::join(shown_, "\n  "),
       more > 0 ? fmt::format("\n  and {} more", more) : "");
}

}  // namespace angle
