#include "angle/io/json.h"

#include <vector>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"

#include "io/utf16.h"

namespace angle {

namespace {

/// Builds the value from the parser's events. nlohmann's own builder keeps the last of two equal keys without
/// a word and nests without limit.
class StrictBuilder {
 public:
  /// @param is_line  `source` tells the line, so that of a syntax error only the column is told
  StrictBuilder(const std::string& source, bool is_line) : source_(source), is_line_(is_line) {}

  json take() { return std::move(root_); }

  // The events' names and signatures are those of nlohmann::json_sax.
  bool null() { return place(nullptr); }
  bool boolean(bool value) { return place(value); }
  bool number_integer(json::number_integer_t value) { return place(value); }
  bool number_unsigned(json::number_unsigned_t value) { return place(value); }
  bool number_float(json::number_float_t value, const std::string&) { return place(value); }
  bool string(std::string& value) { return place(std::move(value)); }
  bool binary(json::binary_t&) { return false; }  // not part of JSON text
  bool start_object(size_t) { return open(json::object()); }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(json::array()); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto [member, inserted] = open_.back()->emplace(name, nullptr);
    if (!inserted)
      fail("{}: not valid JSON: the key {} occurs twice in one object", source_, in_quotes(name));
    member_ = &*member;
    return true;
  }

  bool parse_error(size_t, const std::string& last_token, const nlohmann::detail::exception& error) {
    std::string what = error.what();
    what.erase(0, what.find("] ") + 2);
    const std::string line_number = "line 1, ";
    if (const size_t at = what.find(line_number); is_line_ && at != std::string::npos)
      what.erase(at, line_number.size());
    if (const size_t at = what.find(last_token); at != std::string::npos)
      what.replace(at, last_token.size(), excerpt(last_token));  // it may be as long as the file
    fail("{}: not valid JSON: {}", source_, what);
  }

 private:
  static constexpr size_t kMaxDepth = 64;

  bool place(json value) {
    insert(std::move(value));
    return true;
  }

  bool open(json container) {
    if (open_.size() == kMaxDepth)
      fail("{}: not valid JSON: nested deeper than {} levels", source_, kMaxDepth);
    open_.push_back(insert(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json* insert(json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_object()) return &(*member_ = std::move(value));
    return &open_.back()->emplace_back(std::move(value));
  }

  const std::string& source_;
  bool is_line_;
  json root_;
  std::vector<json*> open_;  // the objects and arrays around the current position, outermost first
  json* member_ = nullptr;   // where the value of the last key belongs
};

bool has_no_json(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

json parse(std::string_view text, const std::string& source, bool is_line) {
  StrictBuilder builder(source, is_line);
  json::sax_parse(text, &builder);
  return builder.take();
}

}  // namespace

json parse_json(std::string_view text, const std::string& source) {
  return parse(text, source, /*is_line=*/false);
}

json parse_json_line(std::string_view line, const std::string& location) {
  if (has_no_json(line)) fail("{}: not valid JSON: a blank line", location);
  return parse(line, location, /*is_line=*/true);
}

json read_json(const std::filesystem::path& path) {
  const std::string source = path == "-" ? "<stdin>" : path.string();
  const std::string text = read_file(path);
  if (has_no_json(text)) fail("{}: the file is empty; expected JSON", source);
  refuse_utf16(text, source);
  return parse_json(text, source);
}

std::string pretty_text(const json& value) {
  return value.dump(/*indent=*/2, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace) + "\n";
}

}  // namespace angle
