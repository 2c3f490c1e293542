#include "text/vocabulary.h"

#include <bit>
#include <limits>

#include "angle/error.h"

namespace angle {

Vocabulary::Vocabulary(std::span<const std::string> tokens, size_t searchable) {
  size_t bytes = 0;
  for (const auto& token : tokens) bytes += token.size();
  if (bytes > std::numeric_limits<uint32_t>::max())
    fail("vocabulary: {} bytes; at most 4 GB are supported", bytes);
  spellings_.reserve(bytes);
  ends_.reserve(tokens.size());
  for (const auto& token : tokens) {
    spellings_ += token;
    ends_.push_back(static_cast<uint32_t>(spellings_.size()));
  }

  slots_.resize(std::bit_ceil(2 * std::max<size_t>(tokens.size(), 1)));
  shift_ = 64 - std::countr_zero(slots_.size());
  for (size_t id = 0; id < std::min(searchable, tokens.size()); ++id) {
    if (tokens[id].empty()) continue;
    const uint64_t hash = hash_of(tokens[id]);
    slots_[find_slot(hash, {}, tokens[id])] = {static_cast<uint32_t>(mix(hash)), static_cast<int32_t>(id)};
  }
}

int32_t Vocabulary::find(std::string_view token) const {
  if (token.empty() || slots_.empty()) return kNotFound;
  return slots_[find_slot(hash_of(token), {}, token)].id;
}

Vocabulary::Continuation Vocabulary::continuation(std::string prefix) const {
  Continuation result{.prefix = std::move(prefix)};
  result.hash = hash_of(result.prefix);
  for (int32_t id = 0; id < size(); ++id) {
    const std::string_view own = token(id);
    if (own.size() <= result.prefix.size() || !own.starts_with(result.prefix)) continue;
    uint32_t& longest = result.max_length[static_cast<uint8_t>(own[result.prefix.size()])];
    longest = std::max(longest, static_cast<uint32_t>(own.size() - result.prefix.size()));
  }
  return result;
}

}  // namespace angle
