#include "embed/text_window.h"

#include <unordered_map>
#include <utility>

namespace angle {

std::vector<std::string> read_window(TextReader& reader, int64_t max_texts, int64_t max_bytes) {
  std::vector<std::string> window;
  std::string text;
  int64_t bytes = 0;
  while (static_cast<int64_t>(window.size()) < max_texts && bytes < max_bytes && reader.next(text)) {
    bytes += static_cast<int64_t>(text.size());
    window.push_back(std::move(text));
  }
  return window;
}

DistinctTexts::DistinctTexts(std::vector<std::string> window) {
  std::unordered_map<std::string, int64_t> rows;
  for (std::string& text : window) {
    const auto [found, is_new] = rows.try_emplace(text, static_cast<int64_t>(texts.size()));
    if (is_new) texts.push_back(std::move(text));
    row_of_text.push_back(found->second);
  }
}

}  // namespace angle
