#include "angle/study/study_output.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWayOut =
    "name another directory with --output, or as \"output\" in the study, or remove study.json and study.md "
    "there";

/// What study_json() says of the study itself.
struct WrittenStudy {
  std::string name;
  std::string base;
  std::vector<std::string> rows;
};

WrittenStudy written_study_of(const json& tables) {
  WrittenStudy written{
      .name = tables.at("name").get<std::string>(), .base = tables.at("base").get<std::string>(), .rows = {}};
  for (const json& row : tables.at("rows")) written.rows.push_back(row.at("name").get<std::string>());
  return written;
}

/// Nothing when the file is anything else: `study.json` is a good name for a study's configuration, too.
std::optional<WrittenStudy> read_written_study(const fs::path& file) {
  try {
    return written_study_of(read_json(file));
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// As it is in tables, where what is not UTF-8 is replaced.
std::string as_written(const std::string& text) {
  return parse_json(pretty_text(text), "study.json").get<std::string>();
}

/// A base is named relative to where the command runs, so only its file's name counts.
bool is_of_study(const WrittenStudy& written, const std::string& name, const StudyConfig& study) {
  const auto is_written = [&](const StudyRow& row) {
    return std::find(written.rows.begin(), written.rows.end(), row.name) != written.rows.end();
  };
  return written.name == as_written(name) &&
         fs::path(written.base).filename() == fs::path(as_written(study.base)).filename() &&
         std::any_of(study.rows.begin(), study.rows.end(), is_written);
}

}  // namespace

void check_study_output(const fs::path& output, const std::string& name, const StudyConfig& study) {
  const fs::path tables = output / "study.json", document = output / "study.md";
  if (!fs::exists(tables)) {
    if (fs::exists(document))
      fail("{}: is there without a study.json, so no study has written it, and it would be lost; {}",
           document.string(), kWayOut);
    return;
  }
  const std::optional<WrittenStudy> written = read_written_study(tables);
  if (!written) fail("{}: is not what angle study writes, and would be lost; {}", tables.string(), kWayOut);
  if (!is_of_study(*written, name, study))
    fail("{}: has the tables of another study, {} on {} (rows: {}), which would be lost; {}", tables.string(),
         written->name, written->base, fmt::join(written->rows, ", "), kWayOut);
}

}  // namespace angle
