// The directory that a training run writes, for comparing runs.
#pragma once

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "angle/io/file.h"
#include "angle/io/json.h"

namespace angle::testing {

/// The lines of metrics.jsonl but for the speed, the one thing that differs from run to run.
inline std::vector<json> read_metrics(const std::filesystem::path& output) {
  std::vector<json> lines;
  std::istringstream stream(read_file(output / "metrics.jsonl"));
  for (std::string line; std::getline(stream, line);) {
    json entry = json::parse(line);
    entry.erase("tokens_per_second");
    lines.push_back(entry);
  }
  return lines;
}

/// Every file of a directory by name, with its bytes; of metrics.jsonl what read_metrics() says. Without
/// TensorBoard's event files, which hold times.
inline std::map<std::string, std::string> read_directory(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = std::filesystem::relative(entry.path(), directory).string();
    if (!entry.is_regular_file() || name == ".lock" || name.starts_with("events.out.")) continue;
    files[name] = name == "metrics.jsonl" ? json(read_metrics(directory)).dump() : read_file(entry.path());
  }
  return files;
}

/// Names of the files that differ; empty when two directories hold the same bytes.
inline std::vector<std::string> differing_files(const std::filesystem::path& left,
                                                const std::filesystem::path& right) {
  auto first = read_directory(left), second = read_directory(right);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : first)
    if (!second.contains(name) || second[name] != bytes) names.push_back(name);
  for (const auto& [name, bytes] : second)
    if (!first.contains(name)) names.push_back(name);
  return names;
}

}  // namespace angle::testing
