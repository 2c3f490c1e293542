#include "data/row_reader.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/json.h"

#include "data/csv.h"

namespace angle {

namespace {

/// @param lines  that the line was read from, for the Error
std::vector<std::string> split_at_tabs(std::string_view line, const LineReader& lines) {
  std::vector<std::string> texts;
  for (size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    if (texts.size() + 1 == kMaxFields)
      fail("{}: more than {} tab-separated columns; is this a table?", lines.location(), kMaxFields);
    texts.emplace_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  texts.emplace_back(line);
  return texts;
}

/// @param value  its texts are moved from
Field make_field(json& value) {
  if (value.is_string()) return {Field::Kind::text, std::move(value.get_ref<std::string&>()), {}};
  if (value.is_number()) return {Field::Kind::number, value.dump(), {}};
  if (value.is_null()) return {Field::Kind::missing, "null", {}};
  const bool is_list = value.is_array() && std::all_of(value.begin(), value.end(),
                                                       [](const json& item) { return item.is_string(); });
  if (!is_list) return {Field::Kind::other, value.dump(), {}};
  Field field{Field::Kind::list, "", {}};
  for (json& item : value) field.list.push_back(std::move(item.get_ref<std::string&>()));
  return field;
}

}  // namespace

std::optional<RowReader::Format> RowReader::find_format(const std::filesystem::path& path) {
  const std::filesystem::path plain = path.extension() == ".gz" ? path.stem() : path;
  const std::string extension = plain.extension().string();
  if (extension == ".tsv") return Format::tsv;
  if (extension == ".csv") return Format::csv;
  if (extension == ".jsonl") return Format::jsonl;
  return std::nullopt;
}

bool RowReader::is_table_name(const std::filesystem::path& path) {
  const auto format = find_format(path);
  return format && *format != Format::jsonl;
}

RowReader::Format RowReader::format_of(const std::filesystem::path& path) {
  if (const auto format = find_format(path)) return *format;
  std::error_code unknown;
  fail("{}: {}; expected .tsv, .csv, .jsonl, .tsv.gz, .csv.gz or .jsonl.gz", path.string(),
       std::filesystem::is_directory(path, unknown) ? "a directory, not a file" : "unknown kind of file");
}

RowReader::RowReader(const std::filesystem::path& path, InvalidUtf8 invalid_utf8)
    : path_(path.string()), format_(format_of(path)), invalid_utf8_(invalid_utf8), lines_(path) {
  if (!has_header()) return;
  if (!next_texts(row_.names)) fail("{}: the file is empty; expected a header", path_);
  for (std::string& name : row_.names) check_utf8(name, "header");
  if (!row_.problem.empty()) fail("{}: {}", location(), row_.problem);
}

RowReader::RowReader(const std::filesystem::path& path, InvalidUtf8 invalid_utf8,
                     std::vector<std::string> header)
    : path_(path.string()), format_(format_of(path)), invalid_utf8_(invalid_utf8), lines_("", path_, 0) {
  row_.names = std::move(header);
}

bool RowReader::next() {
  row_.problem.clear();
  if (!has_header()) return next_object();
  std::vector<std::string> texts;
  if (!next_texts(texts)) return false;
  set_fields(std::move(texts));
  return true;
}

void RowReader::refuse_without_rows() const {
  fail("{}: no rows{}", path_, has_header() ? " behind the header" : "");
}

bool RowReader::next_texts(std::vector<std::string>& texts) {
  line_ = lines_.line_number() + 1;
  offset_ = lines_.offset();
  if (format_ == Format::csv) {
    CsvRecord record;
    if (!next_csv_record(lines_, record)) return false;
    complain(std::move(record.problem));
    texts = std::move(record.fields);
    return true;
  }
  std::string line;
  if (!lines_.next(line)) return false;
  texts = split_at_tabs(line, lines_);
  return true;
}

void RowReader::set_fields(std::vector<std::string> texts) {
  if (texts.size() != row_.names.size())
    complain(fmt::format("expected {} {}-separated columns ({}), found {}", row_.names.size(),
                         format_ == Format::csv ? "comma" : "tab", list_in_quotes(row_.names), texts.size()));
  row_.fields.assign(row_.names.size(), {});
  for (size_t i = 0; i < std::min(texts.size(), row_.names.size()); ++i) {
    check_utf8(texts[i], row_.names[i]);
    row_.fields[i].text = std::move(texts[i]);
  }
}

bool RowReader::next_object() {
  line_ = lines_.line_number() + 1;
  offset_ = lines_.offset();
  std::string line;
  if (!lines_.next(line)) return false;
  row_.names.clear();
  row_.fields.clear();
  check_utf8(line, "line");
  if (!row_.problem.empty()) return true;
  json object;
  try {
    object = parse_json_line(line, "");
  } catch (const Error& error) {
    complain(std::string(error.what()).substr(2));  // without the `: ` behind the empty source
    return true;
  }
  if (!object.is_object()) complain(fmt::format("expected a JSON object, found {}", object.type_name()));
  for (auto& [name, value] : object.items()) {
    row_.names.push_back(name);
    row_.fields.push_back(make_field(value));
  }
  return true;
}

void RowReader::complain(std::string problem) {
  if (row_.problem.empty()) row_.problem = std::move(problem);
}

void RowReader::check_utf8(std::string& text, const std::string& where) {
  const std::optional<size_t> offset = find_invalid_utf8(text);
  if (!offset) return;
  if (invalid_utf8_ == InvalidUtf8::replace) {
    text = replace_invalid_utf8(text);
    ++repaired_texts_;
  } else {
    complain(fmt::format("{}: invalid UTF-8 at byte {}", excerpt(where), *offset));
  }
}

std::string RowReader::location() const { return fmt::format("{}:{}", path_, line_); }

}  // namespace angle
