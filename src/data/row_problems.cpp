#include "data/row_problems.h"

#include "angle/error.h"

namespace angle {

void RowProblems::add(const ExampleReader& reader) {
  constexpr size_t kMostShown = 20;
  ++count_;
  if (const auto known = of_columns_.find(reader.problem()); known != of_columns_.end()) {
    ++shown_[known->second].more_rows;
    return;
  }
  if (shown_.size() == kMostShown) {
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
  if (count_ == 0) return;
  const std::vector<std::string> texts = shown();
  if (texts.size() == 1) fail("{}", texts[0]);
  fail("{}: {} rows can't be used; the first:\n  {}{}", path, count_, fmt::join(texts, "\n  "),
       not_shown_ > 0 ? fmt::format("\n  and {} more", not_shown_) : "");
}

}  // namespace angle
