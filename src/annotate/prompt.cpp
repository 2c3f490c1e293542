#include "annotate/prompt.h"

#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/text/utf8.h"

namespace angle {

Prompt load_prompt(const std::string& name, const std::filesystem::path& path,
                   const std::vector<std::string>& placeholders) {
  std::string text = read_file(path);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (find_invalid_utf8(text)) fail("{}: invalid UTF-8", path.string());
  for (const std::string& placeholder : placeholders)
    if (text.find("{" + placeholder + "}") == std::string::npos)
      fail("{}: the prompt lacks {{{}}} (needed: {{{}}})", path.string(), placeholder,
           fmt::join(placeholders, "}, {"));
  return {.name = name, .text = text, .hash = checksum(text)};
}

std::string render(const Prompt& prompt, const std::map<std::string, std::string>& values) {
  std::string out;
  const std::string& text = prompt.text;
  size_t at = 0;
  while (at < text.size()) {
    const size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
    const auto value =
        close == std::string::npos ? values.end() : values.find(text.substr(at + 1, close - at - 1));
    if (value == values.end()) {
      out += text[at++];
    } else {
      out += value->second;
      at = close + 1;
    }
  }
  return out;
}

}  // namespace angle
