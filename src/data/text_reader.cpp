#include "angle/data/text_reader.h"

#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "angle/error.h"
#include "angle/io/json.h"
#include "angle/suggest.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// The size of a regular file that is not compressed, else 0.
int64_t plain_file_bytes(const fs::path& path) {
  std::error_code error;
  if (path == "-" || !fs::is_regular_file(path, error)) return 0;
  char magic[2] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  if (magic[0] == '\x1f' && magic[1] == '\x8b') return 0;
  return static_cast<int64_t>(fs::file_size(path));
}

/// The text in a line of a JSONL file.
std::string read_field(const std::string& line, const std::string& field, const std::string& location) {
  json object = parse_json(line, location);
  if (!object.is_object())
    fail("{}: expected a JSON object with the field \"{}\", found {}", location, field, object.type_name());
  const auto found = object.find(field);
  if (found == object.end()) {
    std::vector<std::string> names;
    for (const auto& item : object.items()) names.push_back(item.key());
    fail("{}: there is no field \"{}\"{} (found: {})", location, field, suggestion(field, names),
         fmt::join(names, ", "));
  }
  if (!found->is_string())
    fail("{}: field \"{}\": expected a string, found {}", location, field, found->type_name());
  return std::move(found->get_ref<std::string&>());
}

}  // namespace

TextReader::TextReader(const fs::path& path, TextReaderOptions options)
    : options_(std::move(options)), lines_(path), total_bytes_(plain_file_bytes(path)) {}

bool TextReader::next(std::string& text) {
  if (!lines_.next(text)) return false;
  bytes_read_ += static_cast<int64_t>(text.size()) + 1;
  check_utf8(text);
  if (!options_.field.empty()) text = read_field(text, options_.field, lines_.location());
  return true;
}

void TextReader::check_utf8(std::string& line) {
  const std::optional<size_t> offset = find_invalid_utf8(line);
  if (!offset) return;
  if (options_.invalid_utf8 == InvalidUtf8::error)
    fail("{}: invalid UTF-8 at byte {} of the line; convert the text, or use --invalid-utf8 replace",
         lines_.location(), *offset);
  line = replace_invalid_utf8(line);
  ++repaired_texts_;
}

}  // namespace angle
