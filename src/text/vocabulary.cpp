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
  constexpr size_t kBitsPerByte = 4;  // many beginnings are of several tokens
  beginnings_.resize(std::bit_ceil(std::max<size_t>(kBitsPerByte * bytes, 128)) / 64);
  beginnings_shift_ = 64 - std::countr_zero(64 * beginnings_.size());
  for (size_t id = 0; id < std::min(searchable, tokens.size()); ++id) {
    if (tokens[id].empty()) continue;
    uint64_t hash = kEmptyHash;
    for (const char byte : tokens[id]) {
      hash = append(hash, byte);
      const uint64_t bit = mix(hash) >> beginnings_shift_;
      beginnings_[bit / 64] |= uint64_t{1} << (bit % 64);
    }
    slots_[find_slot(hash, {}, tokens[id])] = {static_cast<uint32_t>(mix(hash)), static_cast<int32_t>(id)};
  }
}

int32_t Vocabulary::find(std::string_view token) const {
  if (token.empty() || slots_.empty()) return kNotFound;
  return slots_[find_slot(hash_of(token), {}, token)].id;
}

Vocabulary::Continuation Vocabulary::continuation(std::string prefix) const {
  const uint64_t hash = hash_of(prefix);
  return {std::move(prefix), hash};
}

}  // namespace angle
