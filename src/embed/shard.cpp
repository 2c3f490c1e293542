#include "angle/embed/shard.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "angle/error.h"

namespace angle {
namespace {

/// A number that takes up all of `text`; 0 otherwise.
int64_t parse_count(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const auto slash = std::min(text.find('/'), text.size());
  const Shard shard{.index = parse_count(std::string_view(text).substr(0, slash)),
                    .count = parse_count(std::string_view(text).substr(std::min(slash + 1, text.size())))};
  constexpr int64_t kMost = 1'000'000'000;
  if (shard.index < 1 || shard.index > shard.count || shard.count > kMost)
    fail("--shard {}: expected I/N, part I from 1 to N, like 2/8", text);
  return shard;
}

ShardRange find_shard(TextReader& input, const Shard& shard) {
  const int64_t texts = count_texts(input);
  // texts * shards / shard.count, where that product may have no room in 64 bits.
  const auto texts_before = [&](int64_t shards) {
    return texts / shard.count * shards + texts % shard.count * shards / shard.count;
  };
  const int64_t first = texts_before(shard.index - 1);
  return {.first_text = first, .texts = texts_before(shard.index) - first};
}

}  // namespace angle
