#include "eval/word_counts.h"

namespace angle {
namespace {

bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || (byte & 0x80) != 0;
}

}  // namespace

WordCounts word_counts(const std::string& text) {
  WordCounts counts;
  std::string word;
  for (const char byte : text + " ") {
    const char lower = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    if (is_letter(lower)) {
      word += lower;
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  return counts;
}

}  // namespace angle
