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

/// How many of so many items in order come before a shard: any two shards then differ by one at most.
int64_t items_before(const Shard& shard, int64_t items) { return items * (shard.index - 1) / shard.count; }

Shard next(const Shard& shard) { return {.index = shard.index + 1, .count = shard.count}; }

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
  const int64_t first = items_before(shard, texts);
  return {.first_text = first, .texts = items_before(next(shard), texts) - first};
}

ShardRange find_shard_of_windows(TextReader& input, const Shard& shard, int64_t window_texts,
                                 int64_t window_bytes) {
  std::vector<int64_t> ends(1);  // texts up to the end of each window
  for (auto window = read_window(input, window_texts, window_bytes); !window.empty();
       window = read_window(input, window_texts, window_bytes))
    ends.push_back(ends.back() + std::ssize(window));
  const auto texts_before = [&](const Shard& part) {
    return ends[static_cast<size_t>(items_before(part, std::ssize(ends) - 1))];
  };
  const int64_t first = texts_before(shard);
  return {.first_text = first, .texts = texts_before(next(shard)) - first};
}

}  // namespace angle
