// Texts with a class each, for probes and clustering. TSV, CSV or JSONL (see data/reader.h) with the columns
// `text` (or `sentence`) and `label`; labels are any words or numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace angle {

struct LabelledTexts {
  std::vector<std::string> texts;
  std::vector<int64_t> labels;       // indices of classes
  std::vector<std::string> classes;  // in order of appearance

  int64_t size() const { return static_cast<int64_t>(texts.size()); }
};

/// Error for a file that can't be read or has no rows, and `file:line: …` for rows without text or label.
///
/// @param columns  `text` or `label` → the name that its column has
/// @param classes  those that are known already, of a training file
LabelledTexts read_labelled_texts(const std::filesystem::path& path,
                                  const std::map<std::string, std::string>& columns = {},
                                  std::vector<std::string> classes = {});

/// `<directory>/<split>` as .tsv, .csv or .jsonl, each possibly with .gz. Error when there is none, or
/// several.
std::filesystem::path split_file(const std::filesystem::path& directory, const std::string& split);

/// The same, but empty when there is none.
std::filesystem::path find_split_file(const std::filesystem::path& directory, const std::string& split);

}  // namespace angle
