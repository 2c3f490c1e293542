// What is asked: a file with placeholders in braces.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace angle {

struct Prompt {
  std::string name;  // "same", "opposite", "score"
  std::string text;  // with placeholders such as {text}
  std::string hash;  // of the template: its version in the provenance
};

/// Reads a prompt, without the line ends at its end. Error when it can't be read, is not UTF-8 or lacks one
/// of the placeholders.
Prompt load_prompt(const std::string& name, const std::filesystem::path& path,
                   const std::vector<std::string>& placeholders);

/// The prompt with each `{name}` replaced by its value; what a value contains is left as it is, and so are
/// braces around anything else.
std::string render(const Prompt& prompt, const std::map<std::string, std::string>& values);

}  // namespace angle
