#include "data/example_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/suggest.h"
#include "angle/text/utf8.h"

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

/// The format that most columns of a file fit, though not all that it needs.
struct NearestFormat {
  size_t columns = 0;  // that fit
  DataFormat format = DataFormat::scored_pairs;
  std::string problem = {};  // with the others
};

[[noreturn]] void refuse_columns(const std::string& path, const RowReader& rows,
                                 const NearestFormat& nearest) {
  const std::vector<std::string>& names = rows.row().names;
  if (nearest.columns > 0)
    fail("{}: its columns are nearly those of {}, but {}", path,
         nlohmann::json(nearest.format).get<std::string>(), nearest.problem);
  fail(
      "{}: its columns ({}) fit no format; expected left, right, label (scored_pairs), query, positive "
      "(pairs) or query, positive, negative (triplets), or names mapped to these{}",
      path, list_in_quotes(names), rows.has_header() ? header_hint(names) : "");
}

/// A value for a message: a text in quotes, else its JSON.
std::string show(const Field& field) {
  if (field.kind == Field::Kind::list) return excerpt(nlohmann::json(field.list).dump());
  return field.kind == Field::Kind::text ? in_quotes(field.text) : excerpt(field.text);
}

/// The parts of one row's example. The first thing that is wrong becomes the row's problem.
class RowParts {
 public:
  RowParts(Row& row, const ColumnMap& columns, const std::vector<double>& label_scale)
      : row_(row), columns_(columns), label_scale_(label_scale) {}

  std::string text(size_t part) {
    const size_t column = columns_.of_part[part][0];
    const Field& field = row_.fields[column];
    if (field.kind != Field::Kind::text) {
      complain("{}: expected a text, found {}", row_.names[column], show(field));
    } else if (is_blank(field.text)) {
      complain_empty(column);
    }
    return field.text;  // not moved: another part may have the same column
  }

  /// All texts of a part that may have several columns, and lists in them.
  std::vector<std::string> texts(size_t part) {
    std::vector<std::string> texts;
    for (const size_t column : columns_.of_part[part]) {
      Field& field = row_.fields[column];
      if (field.kind == Field::Kind::text) field.list = {std::move(field.text)};
      if (field.kind != Field::Kind::text && field.kind != Field::Kind::list)
        complain("{}: expected a text or a list of texts, found {}", row_.names[column], show(field));
      if (field.list.empty()) complain("{}: empty list", row_.names[column]);
      for (std::string& text : field.list) {
        if (is_blank(text)) complain_empty(column);
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
      complain("{}: expected a number, found {}", name, show(field));
    } else if (!std::isfinite(value)) {
      complain("{}: the label is {}, not a finite number", name, excerpt(field.text));
    } else if (label_scale_.size() == 2 && (value < label_scale_[0] || value > label_scale_[1])) {
      complain("{}: the label {} is outside of label_scale [{}, {}]", name, excerpt(field.text),
               label_scale_[0], label_scale_[1]);
    }
    return value;
  }

  /// Whether that is the row's problem.
  bool has_empty_text() const { return has_empty_text_; }

 private:
  void complain_empty(size_t column) {
    has_empty_text_ = has_empty_text_ || row_.problem.empty();
    complain("{}: empty text", row_.names[column]);
  }

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    if (row_.problem.empty()) row_.problem = fmt::format(format, std::forward<Args>(args)...);
  }

  Row& row_;
  const ColumnMap& columns_;
  const std::vector<double>& label_scale_;
  bool has_empty_text_ = false;
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

/// Error for a mapping that has no part in any format, or names no column of the file.
void check_mapping_to(const std::vector<std::string>& names, const std::string& path,
                      const ReadOptions& options) {
  std::vector<std::string> parts;
  for (const DataFormat format :
       {DataFormat::scored_pairs, DataFormat::triplets})  // which has those of pairs
    for (const Part& part : parts_of(format)) parts.push_back(part.names[0]);
  for (const auto& [part, column] : options.columns) {
    if (std::find(parts.begin(), parts.end(), part) == parts.end())
      fail("{}: columns: {} is not one of {}{}", path, part, fmt::join(parts, ", "), suggestion(part, parts));
    if (std::find(names.begin(), names.end(), column) == names.end())
      fail("{}: no column named {}, which is to be {}{} (found {})", path, in_quotes(column), part,
           suggestion(column, names), list_in_quotes(names));
  }
}

/// Whether every part that is mapped to a column is one of the format's.
bool has_parts_of(const ReadOptions& options, DataFormat format) {
  const std::vector<std::string> names = column_names(format);
  return std::all_of(options.columns.begin(), options.columns.end(), [&](const auto& entry) {
    return std::find(names.begin(), names.end(), entry.first) != names.end();
  });
}

RowReader open_rows(const std::filesystem::path& path, DataFormat format, const ReadOptions& options) {
  check_mapping(path.string(), format, options);
  return {path, options.invalid_utf8};
}

Example make_example(DataFormat format) {
  switch (format) {
    case DataFormat::scored_pairs:
      return ScoredPair{};
    case DataFormat::pairs:
      return PositivePair{};
    case DataFormat::triplets:
      return Triplet{};
  }
  return {};
}

/// What is wrong with columns; where they are those of another format, that may be what was meant.
std::string with_format_hint(const std::string& problem, const std::vector<std::string>& names,
                             DataFormat format) {
  for (const DataFormat other : {DataFormat::triplets, DataFormat::pairs, DataFormat::scored_pairs})
    if (other != format &&
        ColumnFinder(parts_of(other), {}, /*has_header=*/false).find(names).problem.empty())
      return fmt::format("{}; these are the columns of the format {}", problem,
                         nlohmann::json(other).get<std::string>());
  return problem;
}

}  // namespace

ExampleReader::ExampleReader(const std::filesystem::path& path, DataFormat format, const ReadOptions& options)
    : options_(options),
      format_(format),
      rows_(open_rows(path, format, options)),
      finder_(parts_of(format), options.columns, rows_.has_header()) {
  if (!rows_.has_header()) return;
  const std::string& problem = finder_.find(names()).problem;
  if (!problem.empty()) fail("{}: {}", rows_.location(), with_format_hint(problem, names(), format));
}

ExampleReader::ExampleReader(const std::filesystem::path& path, DataFormat format, const ReadOptions& options,
                             std::vector<std::string> header)
    : options_(options),
      format_(format),
      rows_(path, options.invalid_utf8, std::move(header)),
      finder_(parts_of(format), options.columns, rows_.has_header()) {}

bool ExampleReader::next() {
  if (!rows_.next()) return false;
  has_problem_of_columns_ = false;
  if (problem().empty()) parse();
  return true;
}

void ExampleReader::parse() {
  Row& row = rows_.row();
  const ColumnMap& columns = finder_.find(row.names);
  has_problem_of_columns_ = !columns.problem.empty();
  if (has_problem_of_columns_) {
    row.problem = with_format_hint(columns.problem, row.names, format_);
    return;
  }
  example_ = make_example(format_);
  RowParts parts(row, columns, options_.label_scale);
  std::visit(
      [&](auto& example) {
        example.line = rows_.line();
        fill(example, parts);
      },
      example_);
  if (parts.has_empty_text()) ++empty_texts_;
  if (row.problem.empty()) ignored_fields_ += static_cast<int64_t>(row.names.size() - columns.used);
}

DataFormat find_format(const std::filesystem::path& path, const ReadOptions& options) {
  RowReader rows(path, options.invalid_utf8);
  if (!rows.has_header() && !rows.next()) rows.refuse_without_rows();
  if (!rows.row().problem.empty())
    fail("{}: {}; the first row tells the format: correct it, or say which format is meant", rows.location(),
         rows.row().problem);
  std::vector<DataFormat> fitting;
  NearestFormat nearest;
  for (const DataFormat format : {DataFormat::triplets, DataFormat::pairs, DataFormat::scored_pairs}) {
    if (!has_parts_of(options, format)) continue;
    const std::vector<Part> parts = parts_of(format);
    ColumnFinder finder(parts, options.columns, rows.has_header());
    const ColumnMap& columns = finder.find(rows.row().names);
    if (columns.problem.empty())
      fitting.push_back(format);
    else if (2 * columns.used >= parts.size() && columns.used >= nearest.columns)
      nearest = {columns.used, format, columns.problem};
  }
  if (fitting.empty()) {
    check_mapping_to(rows.row().names, path.string(), options);
    refuse_columns(path.string(), rows, nearest);
  }
  if (fitting.size() > 1 && fitting.back() == DataFormat::scored_pairs)
    fail("{}: its columns ({}) fit scored_pairs and {}; say which format is meant", path.string(),
         list_in_quotes(rows.row().names), nlohmann::json(fitting.front()).get<std::string>());
  return fitting.front();
}

std::vector<std::string> column_names(DataFormat format) {
  std::vector<std::string> names;
  for (const Part& part : parts_of(format)) names.push_back(part.names[0]);
  return names;
}

}  // namespace angle
