#include "angle/text/statistics.h"

#include <algorithm>

namespace angle {

void TextStatistics::add(const Encoding& encoding, const Tokenizer& tokenizer) {
  const auto& ids = encoding.token_ids;
  ++texts;
  tokens += static_cast<int64_t>(ids.size());
  texts_cut += encoding.num_cut > 0 ? 1 : 0;
  tokens_cut += encoding.num_cut;
  unknown_tokens += std::count(ids.begin(), ids.end(), tokenizer.unknown_id());
  empty_texts +=
      static_cast<int64_t>(ids.size()) + encoding.num_cut == tokenizer.num_special_tokens() ? 1 : 0;
}

TextStatistics& TextStatistics::operator+=(const TextStatistics& other) {
  texts += other.texts;
  tokens += other.tokens;
  texts_cut += other.texts_cut;
  tokens_cut += other.tokens_cut;
  texts_in_windows += other.texts_in_windows;
  windows += other.windows;
  unknown_tokens += other.unknown_tokens;
  empty_texts += other.empty_texts;
  return *this;
}

}  // namespace angle
