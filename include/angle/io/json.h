// JSON files, read strictly: one value, no duplicate keys, bounded nesting.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace angle {

using nlohmann::json;

/// Parses `text`; Error `source: not valid JSON: …` with line and column, for a duplicate key (named), and
/// for nesting deeper than 64.
json parse_json(std::string_view text, const std::string& source);

/// parse_json of a line, for files that have a value in each; Error for a blank one, too. `location` tells
/// the line, so that of a syntax error only the column is told.
json parse_json_line(std::string_view line, const std::string& location);

/// parse_json of a whole file (`-`: stdin); Error for one without anything but blanks.
json read_json(const std::filesystem::path& path);

/// In lines, for people too, the last one ended. What is not UTF-8, as a path need not be, becomes U+FFFD,
/// where dump() throws.
std::string pretty_text(const json& value);

}  // namespace angle
