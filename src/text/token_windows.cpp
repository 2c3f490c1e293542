#include "angle/text/token_windows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "angle/error.h"

namespace angle {
namespace {

constexpr int64_t kWithoutLimit = std::numeric_limits<int64_t>::max() / 2;

/// How many ids both lists begin with.
std::ptrdiff_t common_prefix(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

}  // namespace

WindowCutter::WindowCutter(const Tokenizer& tokenizer, std::string prompt, int64_t max_length,
                           std::optional<int64_t> overlap)
    : tokenizer_(tokenizer), prompt_(std::move(prompt)), max_length_(max_length) {
  // What any text changes comes after the head; what stands behind an empty text is the tail.
  const auto ids = [&](const std::string& text) { return tokenizer.encode(text, kWithoutLimit).token_ids; };
  const auto empty = ids("");
  tail_.assign(empty.begin() + common_prefix(empty, ids("a")), empty.end());
  const auto prompt_alone = ids(prompt_);
  head_.assign(prompt_alone.begin(), prompt_alone.begin() + common_prefix(prompt_alone, ids(prompt_ + "a")));

  room_ = max_length - static_cast<int64_t>(head_.size() + tail_.size());
  if (room_ < 1)
    fail("long texts in windows: special tokens and prompt take {} tokens, and a window has {}",
         max_length - room_, max_length);
  overlap_ = overlap.value_or(room_ / 8);
  if (overlap_ < 0 || overlap_ >= room_)
    fail("window overlap {}: expected 0 to {}, of {} tokens {} are special tokens and prompt", overlap_,
         room_ - 1, max_length, max_length - room_);
}

TokenWindows WindowCutter::cut(std::string_view text) const {
  TokenWindows windows;
  windows.whole = tokenizer_.encode(prompt_ + std::string(text), kWithoutLimit);
  const auto& ids = windows.whole.token_ids;
  const auto fixed = static_cast<int64_t>(head_.size() + tail_.size());
  const auto length = static_cast<int64_t>(ids.size());
  if (length <= max_length_) {
    windows.token_ids = {ids};
    windows.weights = {std::max<int64_t>(1, length - fixed)};
    return windows;
  }
  const auto text_begin = ids.begin() + static_cast<std::ptrdiff_t>(head_.size());
  const int64_t text_tokens = length - fixed;
  for (int64_t begin = 0;; begin += room_ - overlap_) {
    const int64_t end = std::min(begin + room_, text_tokens);
    const auto& head = begin == 0 ? ids : head_;
    std::vector<int64_t> window(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(head_.size()));
    window.insert(window.end(), text_begin + begin, text_begin + end);
    window.insert(window.end(), tail_.begin(), tail_.end());
    windows.token_ids.push_back(std::move(window));
    windows.weights.push_back(end - begin);
    if (end == text_tokens) return windows;
  }
}

}  // namespace angle
