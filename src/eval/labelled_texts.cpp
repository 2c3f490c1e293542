#include "angle/eval/labelled_texts.h"

#include <unordered_map>

#include "angle/error.h"
#include "angle/text/utf8.h"

#include "data/columns.h"
#include "data/row_reader.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// Gives each class of labels the next number.
class ClassNumbers {
 public:
  explicit ClassNumbers(std::vector<std::string> classes) : classes_(std::move(classes)) {
    for (size_t i = 0; i < classes_.size(); ++i) numbers_.emplace(classes_[i], static_cast<int64_t>(i));
  }

  int64_t of(const std::string& name) {
    const auto [entry, is_new] = numbers_.try_emplace(name, static_cast<int64_t>(classes_.size()));
    if (is_new) classes_.push_back(name);
    return entry->second;
  }

  std::vector<std::string> take() { return std::move(classes_); }

 private:
  std::vector<std::string> classes_;
  std::unordered_map<std::string, int64_t> numbers_;
};

/// Which columns hold the two parts in the row at hand; before the first row, in the header.
const ColumnMap& find_columns(ColumnFinder& finder, const RowReader& rows) {
  const ColumnMap& found = finder.find(rows.row().names);
  if (!found.problem.empty()) fail("{}: {}", rows.location(), found.problem);
  return found;
}

/// What is wrong with a row; empty when nothing is.
std::string problem_of(const Field& text, const Field& label) {
  if (text.kind != Field::Kind::text || is_blank(text.text)) return "no text";
  const bool has_label =
      (label.kind == Field::Kind::text || label.kind == Field::Kind::number) && !label.text.empty();
  return has_label ? "" : "no label; expected a word or a number";
}

}  // namespace

LabelledTexts read_labelled_texts(const fs::path& path, const std::map<std::string, std::string>& columns,
                                  std::vector<std::string> classes) {
  RowReader rows(path, InvalidUtf8::error);
  ColumnFinder finder({Part{{"text", "sentence"}}, Part{{"label"}}}, columns, rows.has_header());
  ClassNumbers numbers(std::move(classes));
  LabelledTexts result;
  if (rows.has_header()) find_columns(finder, rows);
  while (rows.next()) {
    const Row& row = rows.row();
    if (!row.problem.empty()) fail("{}: {}", rows.location(), row.problem);
    const ColumnMap& found = find_columns(finder, rows);
    const Field& text = row.fields[found.of_part[0].front()];
    const Field& label = row.fields[found.of_part[1].front()];
    const std::string problem = problem_of(text, label);
    if (!problem.empty()) fail("{}: {}", rows.location(), problem);
    result.texts.push_back(text.text);
    result.labels.push_back(numbers.of(label.text));
  }
  if (result.texts.empty()) fail("{}: no rows", path.string());
  result.classes = numbers.take();
  return result;
}

fs::path find_split_file(const fs::path& directory, const std::string& split) {
  fs::path found;
  for (const char* extension : {".tsv", ".csv", ".jsonl", ".tsv.gz", ".csv.gz", ".jsonl.gz"}) {
    const fs::path file = directory / (split + extension);
    if (!fs::exists(file)) continue;
    if (!found.empty())
      fail("{}: there is {} too; keep one of them", file.string(), found.filename().string());
    found = file;
  }
  return found;
}

fs::path split_file(const fs::path& directory, const std::string& split) {
  if (!fs::is_directory(directory))
    fail("{}: not a directory; expected one with {}.tsv, .csv or .jsonl in it", directory.string(), split);
  fs::path file = find_split_file(directory, split);
  if (file.empty())
    fail("{}: no {} file there; expected {}.tsv, .csv or .jsonl", directory.string(), split, split);
  return file;
}

}  // namespace angle
