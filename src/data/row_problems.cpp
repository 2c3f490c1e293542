#include "data/row_problems.h"

#include "angle/error.h"

namespace angle {

void refuse_rows(const std::string& path, int64_t count, const std::vector<std::string>& shown,
                 int64_t not_shown) {
  if (shown.size() == 1) fail("{}", shown[0]);
  fail("{}: {} rows can't be used; the first:\n  {}{}", path, count, fmt::join(shown, "\n  "),
       not_shown > 0 ? fmt::format("\n  and {} more", not_shown) : "");
}

void RowProblems::add(const ExampleReader& reader) {
  ++count_;
  if (const auto known = of_columns_.find(reader.problem()); known != of_columns_.end()) {
    ++shown_[known->second].more_rows;
    return;
  }
  if (shown_.size() == kMostProblemsShown) {
    ++not_shown_;
    return;
  }
  if (reader.has_problem_of_columns()) of_columns_[reader.problem()] = shown_.size();
  shown_.push_back({fmt::format("{}: {}", reader.location(), reader.problem())});
}

std::vector<std::string> RowProblems::shown() const {
  std::vector<std::string> texts;
  for (const Problem& problem : shown_)
    texts.push_back(problem.more_rows == 0
                        ? problem.text
                        : fmt::format("{}; the same in {} more row{}", problem.text, problem.more_rows,
                                      problem.more_rows == 1 ? "" : "s"));
  return texts;
}

void RowProblems::raise(const std::string& path) const {
  if (count_ > 0) refuse_rows(path, count_, shown(), not_shown_);
}

}  // namespace angle
