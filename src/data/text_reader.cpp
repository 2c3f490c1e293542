#include "angle/data/text_reader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/json.h"
#include "angle/suggest.h"

#include "data/columns.h"
#include "data/row_reader.h"
#include "io/byte_stream.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// The size of a regular file that is not compressed, else 0.
int64_t plain_file_bytes(const fs::path& path) {
  std::error_code error;
  if (path == "-" || !fs::is_regular_file(path, error)) return 0;
  return is_gzip(path) ? 0 : static_cast<int64_t>(fs::file_size(path));
}

/// The object in a line of a JSONL file. A first line that is none may be the header of a table.
json read_object(const std::string& line, const std::string& location, bool is_first) {
  try {
    return parse_json_line(line, location);
  } catch (const Error& error) {
    if (!is_first) throw;
    fail(
        "{}; with a field to take, each line has to be a JSON object; a table is read only from a file whose "
        "name ends in .csv or .tsv, each possibly with .gz",
        error.what());
  }
}

/// The text in an object.
std::string read_field(json object, const std::string& field, const std::string& location) {
  if (!object.is_object())
    fail("{}: expected a JSON object with the field \"{}\", found {}", location, field, object.type_name());
  const auto found = object.find(field);
  if (found == object.end()) {
    std::vector<std::string> names;
    for (const auto& item : object.items()) names.push_back(item.key());
    fail("{}: there is no field \"{}\"{} (found: {})", location, field, suggestion(field, names),
         list_in_quotes(names));
  }
  if (!found->is_string())
    fail("{}: field \"{}\": expected a string, found {}", location, field, found->type_name());
  return std::move(found->get_ref<std::string&>());
}

}  // namespace

TextReader::TextReader(const fs::path& path, TextReaderOptions options)
    : options_(std::move(options)), total_bytes_(plain_file_bytes(path)) {
  if (options_.field.empty() || !RowReader::is_table_name(path)) {
    lines_.emplace(path, options_.stop);
    return;
  }
  table_ = std::make_unique<RowReader>(path, options_.invalid_utf8);
  column_ = find_column();
}

TextReader::~TextReader() = default;
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;

size_t TextReader::find_column() const {
  const std::vector<std::string>& names = table_->row().names;
  const auto found = std::find(names.begin(), names.end(), options_.field);
  if (found == names.end())
    fail("{}: there is no column \"{}\"{} (found: {}){}", table_->location(), options_.field,
         suggestion(options_.field, names), list_in_quotes(names), header_hint(names));
  if (std::find(found + 1, names.end(), options_.field) != names.end())
    fail("{}: two columns are named {} (found: {})", table_->location(), in_quotes(options_.field),
         list_in_quotes(names));
  return static_cast<size_t>(found - names.begin());
}

bool TextReader::next(std::string& text) {
  if (table_) return next_in_table(text);
  if (!lines_->next(text)) return false;
  bytes_read_ = lines_->offset();
  check_utf8(text);
  if (options_.field.empty()) return true;
  const std::string location = lines_->location();
  text = read_field(read_object(text, location, lines_->line_number() == 1), options_.field, location);
  return true;
}

bool TextReader::next_in_table(std::string& text) {
  if (!table_->next()) return false;
  bytes_read_ = table_->end_offset();
  Row& row = table_->row();
  if (!row.problem.empty()) fail("{}: {}", table_->location(), row.problem);
  text = std::move(row.fields[column_].text);
  return true;
}

int64_t TextReader::repaired_texts() const { return table_ ? table_->repaired_texts() : repaired_texts_; }

void TextReader::check_utf8(std::string& line) {
  const std::optional<size_t> offset = find_invalid_utf8(line);
  if (!offset) return;
  if (options_.invalid_utf8 == InvalidUtf8::error)
    fail("{}: invalid UTF-8 at byte {} of the line; {}", lines_->location(), *offset, options_.utf8_advice);
  line = replace_invalid_utf8(line);
  ++repaired_texts_;
}

int64_t count_texts(TextReader& reader) {
  int64_t count = 0;
  for (std::string text; reader.next(text);) ++count;
  return count;
}

}  // namespace angle
