#include "data/row_problems.h"

#include <utility>

namespace angle {
namespace {

constexpr size_t kMostShown = 20;

}  // namespace

void RowProblems::add(const ExampleReader& reader) {
  if (const auto known = of_columns_.find(reader.problem()); known != of_columns_.end()) {
    ++count_;
    ++shown_[known->second].more_rows;
    return;
  }
  if (reader.has_problem_of_columns() && shown_.size() < kMostShown)
    of_columns_[reader.problem()] = shown_.size();
  add(fmt::format("{}: {}", reader.location(), reader.problem()));
}

void RowProblems::add(std::string problem) {
  ++count_;
  if (shown_.size() < kMostShown)
    shown_.push_back({std::move(problem)});
  else
    ++not_shown_;
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
  const std::vector<std::string> shown = this->shown();
  if (shown.size() == 1) fail("{}", shown[0]);
  fail("{}: {} rows can't be used; the first:\n  {}{}", path, count_, fmt::join(shown, "\n  "),
       not_shown_ > 0 ? fmt::format("\n  and {} more", not_shown_) : "");
}

}  // namespace angle
