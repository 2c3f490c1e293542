#include "angle/embed/shard.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "angle/error.h"

#include "embed/text_window.h"

namespace angle {
namespace {

/// A number that takes up all of `text`; 0 otherwise.
int64_t parse_count(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

/// Where a window begins, and where the last one ends.
struct Boundary {
  int64_t texts = 0;
  int64_t bytes = 0;
};

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

ShardRange find_shard(TextReader& input, const Shard& shard, int64_t window_texts, int64_t window_bytes) {
  std::vector<Boundary> boundaries(1);
  for (auto window = read_window(input, window_texts, window_bytes); !window.empty();
       window = read_window(input, window_texts, window_bytes))
    boundaries.push_back({boundaries.back().texts + static_cast<int64_t>(window.size()), input.bytes_read()});
  const auto windows = static_cast<int64_t>(boundaries.size()) - 1;
  const auto boundary = [&](int64_t index) {
    return boundaries[static_cast<size_t>(windows * index / shard.count)];
  };
  const Boundary first = boundary(shard.index - 1), end = boundary(shard.index);
  return {.first_text = first.texts,
          .texts = end.texts - first.texts,
          .first_byte = first.bytes,
          .end_byte = end.bytes};
}

}  // namespace angle
