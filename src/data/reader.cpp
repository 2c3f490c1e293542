#include "angle/data/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "angle/error.h"
#include "angle/suggest.h"

#include "data/columns.h"
#include "data/row_reader.h"

namespace angle {

namespace {

std::vector<Part> parts_of(DataFormat format) {
  const Part query{{"query", "anchor"}};
  const Part positive{{"positive"}};
  switch (format) {
    case DataFormat::scored_pairs:
      return {{{"left", "text1", "sentence1"}}, {{"right", "text2", "sentence2"}}, {{"label", "score"}}};
    case DataFormat::pairs:
      return {query, positive};
    case DataFormat::triplets:
      return {query, positive, {{"negative"}, /*several=*/true}};
  }
  return {};
}

/// The malformed rows of a file: all are counted, the first are shown.
class Problems {
 public:
  void add(const std::string& location, const std::string& what) {
    constexpr int64_t kMostShown = 20;
    if (++count_ <= kMostShown) shown_ += fmt::format("\n  {}: {}", location, what);
    if (count_ == 1) first_ = location + ": " + what;
  }

  void raise(const std::string& path) const {
    if (count_ == 0) return;
    if (count_ == 1) fail("{}", first_);
    fail("{}: {} rows can't be used; the first:{}", path, count_, shown_);
  }

 private:
  int64_t count_ = 0;
  std::string first_;
  std::string shown_;
};

/// The beginning of a text, for a message.
std::string excerpt(const std::string& text) {
  constexpr size_t kBytes = 40;
  if (text.size() <= kBytes) return text;
  size_t end = kBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

/// The parts of one row's example. The first thing that is wrong becomes the row's problem.
class RowParts {
 public:
  RowParts(Row& row, const ColumnMap& columns, const std::vector<double>& label_scale)
      : row_(row), columns_(columns), label_scale_(label_scale) {}

  std::string text(size_t part) {
    const size_t column = columns_.of_part[part][0];
    Field& field = row_.fields[column];
    if (field.kind != Field::Kind::text) {
      complain("{}: expected a text, found {}", row_.names[column], excerpt(field.text));
    } else if (is_blank(field.text)) {
      complain("{}: empty text", row_.names[column]);
    }
    return std::move(field.text);
  }

  /// All texts of a part that may have several columns, and lists in them.
  std::vector<std::string> texts(size_t part) {
    std::vector<std::string> texts;
    for (const size_t column : columns_.of_part[part]) {
      Field& field = row_.fields[column];
      if (field.kind == Field::Kind::text) field.list = {std::move(field.text)};
      if (field.kind != Field::Kind::text && field.kind != Field::Kind::list)
        complain("{}: expected a text or a list of texts, found {}", row_.names[column], excerpt(field.text));
      if (field.list.empty()) complain("{}: empty list", row_.names[column]);
      for (std::string& text : field.list) {
        if (is_blank(text)) complain("{}: empty text", row_.names[column]);
        texts.push_back(std::move(text));
      }
    }
    return texts;
  }

  double label(size_t part) {
    const size_t column = columns_.of_part[part][0];
    const Field& field = row_.fields[column];
    const std::string& name = row_.names[column];
    double value = 0;
    const char* end = field.text.data() + field.text.size();
    const auto [parsed, error] = std::from_chars(field.text.data(), end, value);
    if (field.kind == Field::Kind::missing || (field.kind == Field::Kind::text && is_blank(field.text))) {
      complain("{}: the label is missing", name);
    } else if (parsed != end || error != std::errc() || field.kind == Field::Kind::list) {
      complain("{}: expected a number, found {}", name, excerpt(field.text));
    } else if (!std::isfinite(value)) {
      complain("{}: the label is {}, not a finite number", name, field.text);
    } else if (label_scale_.size() == 2 && (value < label_scale_[0] || value > label_scale_[1])) {
      complain("{}: the label {} is outside of label_scale [{}, {}]", name, field.text, label_scale_[0],
               label_scale_[1]);
    }
    return value;
  }

 private:
  static bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  }

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    if (row_.problem.empty()) row_.problem = fmt::format(format, std::forward<Args>(args)...);
  }

  Row& row_;
  const ColumnMap& columns_;
  const std::vector<double>& label_scale_;
};

void fill(ScoredPair& pair, RowParts& parts) {
  pair.left = parts.text(0);
  pair.right = parts.text(1);
  pair.label = parts.label(2);
}

void fill(PositivePair& pair, RowParts& parts) {
  pair.query = parts.text(0);
  pair.positive = parts.text(1);
}

void fill(Triplet& triplet, RowParts& parts) {
  triplet.query = parts.text(0);
  triplet.positive = parts.text(1);
  triplet.negatives = parts.texts(2);
}

void check_mapping(const std::string& path, DataFormat format, const ReadOptions& options) {
  const std::vector<std::string> names = column_names(format);
  for (const auto& [name, column] : options.columns)
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail("{}: columns: {} is not one of {}{}", path, name, fmt::join(names, ", "), suggestion(name, names));
}

/// The example of the current row; the row has a problem when it is not one.
template <class Example>
Example make_example(RowReader& rows, ColumnFinder& finder, const ReadOptions& options) {
  Example example;
  example.line = rows.line();
  Row& row = rows.row();
  if (!row.problem.empty()) return example;
  const ColumnMap& columns = finder.find(row.names);
  row.problem = columns.problem;
  if (!row.problem.empty()) return example;
  RowParts parts(row, columns, options.label_scale);
  fill(example, parts);
  return example;
}

template <class Example>
DataSet<std::vector<Example>> read_rows(const std::filesystem::path& path, DataFormat format,
                                        const ReadOptions& options) {
  check_mapping(path.string(), format, options);
  RowReader rows(path, options.invalid_utf8);
  ColumnFinder finder(parts_of(format), options.columns);
  if (rows.has_header() && !finder.find(rows.row().names).problem.empty())
    fail("{}: {}", rows.location(), finder.find(rows.row().names).problem);

  DataSet<std::vector<Example>> data_set;
  Problems problems;
  while (rows.next()) {
    Example example = make_example<Example>(rows, finder, options);
    const Row& row = rows.row();
    if (!row.problem.empty()) {
      problems.add(rows.location(), row.problem);
      continue;
    }
    data_set.ignored_fields += static_cast<int64_t>(row.names.size() - finder.find(row.names).used);
    data_set.examples.push_back(std::move(example));
  }
  problems.raise(path.string());
  if (data_set.examples.empty())
    fail("{}: no rows{}", path.string(), rows.has_header() ? " behind the header" : "");
  data_set.repaired_texts = rows.repaired_texts();
  return data_set;
}

template <class Rows>
DataSet<Examples> as_examples(DataSet<Rows> data_set) {
  return {std::move(data_set.examples), data_set.ignored_fields, data_set.repaired_texts};
}

}  // namespace

DataSet<std::vector<ScoredPair>> read_scored_pairs(const std::filesystem::path& path,
                                                   const ReadOptions& options) {
  return read_rows<ScoredPair>(path, DataFormat::scored_pairs, options);
}

DataSet<std::vector<PositivePair>> read_positive_pairs(const std::filesystem::path& path,
                                                       const ReadOptions& options) {
  return read_rows<PositivePair>(path, DataFormat::pairs, options);
}

DataSet<std::vector<Triplet>> read_triplets(const std::filesystem::path& path, const ReadOptions& options) {
  return read_rows<Triplet>(path, DataFormat::triplets, options);
}

DataSet<Examples> read_examples(const std::filesystem::path& path, DataFormat format,
                                const ReadOptions& options) {
  switch (format) {
    case DataFormat::scored_pairs:
      return as_examples(read_scored_pairs(path, options));
    case DataFormat::pairs:
      return as_examples(read_positive_pairs(path, options));
    case DataFormat::triplets:
      return as_examples(read_triplets(path, options));
  }
  return {};
}

std::vector<std::string> column_names(DataFormat format) {
  std::vector<std::string> names;
  for (const Part& part : parts_of(format)) names.push_back(part.names[0]);
  return names;
}

}  // namespace angle
