#include "data/columns.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "angle/excerpt.h"
#include "angle/suggest.h"

namespace angle {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool matches(const Part& part, std::string_view column) {
  return std::any_of(part.names.begin(), part.names.end(), [&](const std::string& name) {
    if (column == name) return true;
    if (!part.several || !column.starts_with(name)) return false;
    std::string_view suffix = column.substr(name.size());
    if (suffix.starts_with('_')) suffix.remove_prefix(1);
    return is_number(suffix);
  });
}

/// `left, text1 or sentence1`
std::string join_with_or(const std::vector<std::string>& names) {
  if (names.size() == 1) return names[0];
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

bool looks_like_label(std::string_view name) {
  return !name.empty() && name.find_first_not_of("0123456789.-+") == std::string_view::npos;
}

/// Whether what is between two names is not what separates the fields of such a file.
bool has_another_separator(const std::vector<std::string>& names) {
  return names.size() == 1 && names[0].find_first_of("\t,;| ") != std::string::npos;
}

/// A header of numbers may be one, so both ways out are told.
std::string way_to_name_columns(const std::vector<std::string>& names, bool has_header) {
  const std::string hint = has_header ? header_hint(names) : "";
  if (hint.empty()) return "; `columns` of the data set, or --column, can map names";
  if (has_another_separator(names)) return hint;
  return hint + "; if it does name them, `columns` of the data set, or --column, can map names";
}

}  // namespace

std::string header_hint(const std::vector<std::string>& names) {
  if (has_another_separator(names)) return "; fields are separated by tabs in .tsv and by commas in .csv";
  if (std::any_of(names.begin(), names.end(), looks_like_label))
    return "; the first line has to name the columns, and looks like a row";
  return "";
}

ColumnFinder::ColumnFinder(std::vector<Part> parts, std::map<std::string, std::string> mapping,
                           bool has_header)
    : parts_(std::move(parts)), mapping_(std::move(mapping)), has_header_(has_header) {}

const ColumnMap& ColumnFinder::find(const std::vector<std::string>& names) {
  if (names == names_ && !columns_.of_part.empty()) return columns_;
  names_ = names;
  columns_ = {};
  std::set<size_t> used;
  for (const Part& part : parts_) {
    columns_.of_part.push_back(find_part(part));
    used.insert(columns_.of_part.back().begin(), columns_.of_part.back().end());
  }
  columns_.used = used.size();
  if (columns_.problem.empty()) columns_.problem = shared_column();
  return columns_;
}

/// A mapping may take the column that another part has by its own name. Both mapped to one is what is meant.
std::string ColumnFinder::shared_column() const {
  std::map<size_t, std::string> part_of;
  for (size_t part = 0; part < parts_.size(); ++part)
    for (const size_t column : columns_.of_part[part]) {
      const std::string& name = parts_[part].names[0];
      const auto [other, is_first] = part_of.emplace(column, name);
      if (is_first || (mapping_.contains(name) && mapping_.contains(other->second))) continue;
      return fmt::format(
          "{} and {} are both the column {}; map each to its own with `columns` of the data set, or --column",
          other->second, name, in_quotes(names_[column]));
    }
  return "";
}

std::vector<size_t> ColumnFinder::find_part(const Part& given) {
  const auto mapped = mapping_.find(given.names[0]);
  const Part part = mapped == mapping_.end() ? given : Part{{mapped->second}};
  std::vector<size_t> found;
  for (size_t i = 0; i < names_.size(); ++i)
    if (matches(part, names_[i])) found.push_back(i);

  if (!columns_.problem.empty()) return found;
  if (found.empty() && mapped != mapping_.end())
    columns_.problem = fmt::format("no column named {}, which is to be {}{} (found {})", mapped->second,
                                   mapped->first, suggestion(mapped->second, names_), list_in_quotes(names_));
  else if (found.empty())
    columns_.problem = fmt::format("no column named {} (found {}){}", join_with_or(part.names),
                                   list_in_quotes(names_), way_to_name_columns(names_, has_header_));
  if (found.size() > 1 && !part.several)
    columns_.problem = fmt::format("two columns could be {}: {} and {}", given.names[0],
                                   in_quotes(names_[found[0]]), in_quotes(names_[found[1]]));
  return found;
}

}  // namespace angle
